//! One script out of modules, for pages that must work from a file, where browsers load none: each module becomes the scope of a
//! function, those it imports before it. Modules have named exports alone and import on one line.

use std::fmt::Write as _;

use super::assets;

/// Modules that import one another in a circle share a scope: all that begin so.
const CIRCLES: [&str; 1] = ["vendor/smol-toml/"];

/// One script that does what the module at `entry` does. A test sees to it that whatever is imported exists.
pub(super) fn script(entry: &str) -> String {
    let mut bundle = Bundle::default();
    bundle.visit(entry);
    let mut script = String::from("'use strict';\n");
    for (at, scope) in bundle.scopes.iter().enumerate() {
        let exports = scope.exports.join(", ");
        let _ = writeln!(
            script,
            "const scope{at} = (() => {{\n{}{}return {{ {exports} }};\n}})();",
            scope.imports, scope.body
        );
    }
    script
}

/// What becomes one function.
#[derive(Default)]
struct Scope {
    /// Its path, or what the paths of its circle begin with.
    name: String,
    imports: String,
    body: String,
    exports: Vec<String>,
}

#[derive(Default)]
struct Bundle {
    /// In the order in which they run.
    scopes: Vec<Scope>,
    seen: Vec<String>,
}

/// The scope of a module.
fn name_of(path: &str) -> &str {
    CIRCLES.into_iter().find(|circle| path.starts_with(circle)).unwrap_or(path)
}

impl Bundle {
    fn visit(&mut self, path: &str) {
        let mut scope = Scope { name: name_of(path).to_owned(), ..Scope::default() };
        self.add(path, &mut scope);
        if !scope.body.is_empty() {
            self.scopes.push(scope);
        }
    }

    /// Adds a module, and those of its circle that it imports, to `scope`.
    fn add(&mut self, path: &str, scope: &mut Scope) {
        if self.seen.iter().any(|known| known == path) {
            return;
        }
        self.seen.push(path.to_owned());
        let text = assets::find(path).map(|asset| asset.text).unwrap_or_default();
        let mut body = String::new();
        for line in text.lines() {
            if let Some((names, from)) = import(line) {
                let from = resolve(path, from);
                if name_of(&from) == scope.name {
                    self.add(&from, scope);
                } else {
                    self.visit(&from);
                    scope.imports.push_str(&self.taken(names, &from));
                }
            } else if let Some(names) = line.strip_prefix("export {") {
                let names = names.trim_end_matches(['}', ';', ' ']);
                scope.exports.extend(pairs(names).map(|(inner, outer)| format!("{outer}: {inner}")));
            } else if line.starts_with("export default ") {
                // Only named exports are imported.
            } else if let Some(declared) = line.strip_prefix("export ") {
                scope.exports.push(declared_name(declared).to_owned());
                let _ = writeln!(body, "{declared}");
            } else {
                let _ = writeln!(body, "{line}");
            }
        }
        scope.body.push_str(&body);
    }

    /// Takes names over from a scope that ran before.
    fn taken(&self, names: &str, from: &str) -> String {
        let place = self.scopes.iter().position(|scope| scope.name == name_of(from)).unwrap_or_default();
        let names: Vec<String> = pairs(names).map(|(outer, inner)| format!("{outer}: {inner}")).collect();
        format!("const {{ {} }} = scope{place};\n", names.join(", "))
    }
}

/// The names and the path of `import { … } from '…';`.
fn import(line: &str) -> Option<(&str, &str)> {
    let (names, from) = line.strip_prefix("import {")?.split_once("} from '")?;
    Some((names, from.strip_suffix("';")?))
}

/// `a as b, c` as (a, b), (c, c).
fn pairs(names: &str) -> impl Iterator<Item = (&str, &str)> {
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    names.map(|name| name.split_once(" as ").unwrap_or((name, name)))
}

/// The name that `function f(`, `async function f(`, `class C`, `const c =` declares.
fn declared_name(declared: &str) -> &str {
    let words = ["async ", "function* ", "function ", "class ", "const "];
    let name = words.iter().fold(declared, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$').unwrap_or(name.len());
    name.get(..end).unwrap_or_default()
}

/// The path of a module that `from` imports as `./x.js` or `../y/x.js`.
fn resolve(from: &str, path: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_module_imports_exists_and_is_exported() {
        // What is served as modules and never bundled imports as it was published.
        let modules = assets::ASSETS.iter().filter(|asset| {
            asset.media_type().starts_with("text/javascript") && !asset.path.starts_with("vendor/@noble/")
        });
        for asset in modules {
            for (names, from) in asset.text.lines().filter_map(import) {
                let found = assets::find(&resolve(asset.path, from)).expect(from);
                for (name, _) in pairs(names) {
                    let declares = |line: &str| {
                        line.strip_prefix("export {").map_or_else(
                            || line.strip_prefix("export ").is_some_and(|line| declared_name(line) == name),
                            |names| {
                                pairs(names.trim_end_matches(['}', ';', ' '])).any(|(_, outer)| outer == name)
                            },
                        )
                    };
                    assert!(found.text.lines().any(declares), "{}: {name} of {from}", asset.path);
                }
            }
            let strays =
                asset.text.lines().filter(|line| line.starts_with("import ") && import(line).is_none());
            assert_eq!(strays.count(), 0, "{}: imports stand on one line", asset.path);
        }
    }

    #[test]
    fn a_script_has_no_module_left_and_may_stand_in_a_page() {
        let script = script("verify/page.js");
        assert!(!script.lines().any(|line| line.starts_with("import ") || line.starts_with("export ")));
        assert!(!script.contains("</script") && !script.contains("<!--"));
        assert_eq!(script.matches("const scope0 = ").count(), 1);
    }
}
