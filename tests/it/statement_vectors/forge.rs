//! Makes statements that the library refuses to make: every part can be set, everything is signed all the same.

use serde_json::{Value, json};
use skillpass::crypto::{PrivateKey, SeededEntropy, base64url_encode, sha256};

/// The key of a body, always the same.
pub fn body() -> PrivateKey {
    PrivateKey::generate_ed25519(&mut SeededEntropy::new("vectors: body"))
}

/// A holder's key as phones have it.
pub fn holder() -> PrivateKey {
    PrivateKey::generate_es256(&mut SeededEntropy::new("vectors: holder"))
}

/// A key that has nothing to do with anything.
pub fn stranger() -> PrivateKey {
    PrivateKey::generate_ed25519(&mut SeededEntropy::new("vectors: stranger"))
}

/// A statement in parts.
#[derive(Debug, Clone)]
pub struct Forged {
    pub key: PrivateKey,
    pub header: Value,
    pub payload: Value,
    /// The JSON of each disclosure.
    pub disclosures: Vec<String>,
    /// Added to the digests of the disclosures; `_sd` is left out if there are none at all.
    pub more_digests: Vec<String>,
    /// Digests as they are, instead.
    pub sd: Option<Value>,
}

impl Forged {
    /// A whole, right statement about a person by a body.
    pub fn person() -> Self {
        let claims = [
            ("sub", json!("wkr_00041061050r3gg28a1c60t3gfe")),
            ("hours", json!(1200)),
            ("title", json!({"en": "Masonry"})),
        ];
        let disclosures =
            claims.iter().enumerate().map(|(at, (name, value))| disclosure(at, name, value)).collect();
        Self { disclosures, ..Self::bare(&body(), "https://training.invalid/masonry") }
    }

    /// A whole, right statement about an institution by a body.
    pub fn institution() -> Self {
        let mut forged = Self::bare(&body(), "https://ministry.invalid");
        forged.payload["sub"] = json!("https://training.invalid/masonry");
        forged.payload["kinds"] = json!(["TrainingCompleted"]);
        forged
    }

    /// A whole, right statement of a holder about themselves.
    pub fn by_holder() -> Self {
        let key = holder();
        let issuer = key.public().did_jwk();
        Self { disclosures: Self::person().disclosures, ..Self::bare(&key, &issuer) }
    }

    /// As other software makes credentials: nested and array disclosures, decoys, no `kid`, holder key in `cnf`.
    pub fn foreign() -> Self {
        let mut forged = Self::bare(&body(), "https://university.invalid");
        forged.header = json!({"alg": "EdDSA", "typ": "dc+sd-jwt"});
        forged.payload["vct"] = json!("urn:eu.europa.ec.eudi:learning:credential:1");
        forged.payload["cnf"] = json!({"jwk": holder().public().to_jwk()});
        let element = disclosure_json(&json!([salt(10), "wound care"]));
        let inner = disclosure(11, "ects", &json!(30));
        let outer = disclosure(12, "programme", &json!({"title": "Nursing", "_sd": [digest(&inner)]}));
        forged.payload["achievements"] = json!(["triage", {"...": digest(&element)}, {"...": decoy(1)}]);
        forged.sd = Some(json!([digest(&outer), decoy(2)]));
        forged.disclosures = vec![inner, outer, element];
        forged
    }

    fn bare(key: &PrivateKey, issuer: &str) -> Self {
        let public = key.public();
        let header =
            json!({"alg": public.algorithm().jose_name(), "typ": "dc+sd-jwt", "kid": public.thumbprint()});
        let payload = json!({
            "iss": issuer,
            "iat": 1_767_000_000,
            "jti": "urn:uuid:019b6e0f-3c00-7abc-8def-0123456789ab",
            "vct": "urn:skillpass:v1:TrainingCompleted",
        });
        Self {
            key: key.clone(),
            header,
            payload,
            disclosures: Vec::new(),
            more_digests: Vec::new(),
            sd: None,
        }
    }

    /// Changes one part.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Changes the payload.
    pub fn payload(self, change: impl FnOnce(&mut Value)) -> Self {
        self.with(|forged| change(&mut forged.payload))
    }

    /// Changes the header.
    pub fn header(self, change: impl FnOnce(&mut Value)) -> Self {
        self.with(|forged| change(&mut forged.header))
    }

    /// Adds a disclosure, its digest with it.
    pub fn disclosing(self, json: &Value) -> Self {
        self.with(|forged| forged.disclosures.push(disclosure_json(json)))
    }

    /// The payload as it is signed.
    pub fn payload_text(&self) -> String {
        let mut payload = self.payload.clone();
        let mut digests: Vec<String> = self.disclosures.iter().map(|text| digest(text)).collect();
        digests.extend(self.more_digests.iter().cloned());
        digests.sort();
        if let Some(sd) = &self.sd {
            payload["_sd"] = sd.clone();
        } else if !digests.is_empty() {
            payload["_sd"] = json!(digests);
        }
        if payload.get("_sd").is_some() && payload.get("_sd_alg").is_none() {
            payload["_sd_alg"] = json!("sha-256");
        }
        payload.to_string()
    }

    /// The signed text, header and payload given as JSON text.
    pub fn sign(&self, header: &str, payload: &str) -> String {
        let jwt = jws(header, payload, &self.key);
        let mut pieces = vec![jwt.as_str()];
        pieces.extend(self.disclosures.iter().map(String::as_str));
        format!("{}~", pieces.join("~"))
    }

    /// The signed text.
    pub fn text(&self) -> String {
        self.sign(&self.header.to_string(), &self.payload_text())
    }

    /// The signed text and a key binding with these claims besides `sd_hash`.
    pub fn bound(&self, header: &Value, claims: &Value, key: &PrivateKey) -> String {
        let text = self.text();
        let mut claims = claims.clone();
        if claims.get("sd_hash").is_none() {
            claims["sd_hash"] = json!(base64url_encode(sha256(&[text.as_bytes()])));
        }
        format!("{text}{}", jws(&header.to_string(), &claims.to_string(), key))
    }
}

/// Sets a member, or takes it away if `value` is null.
pub fn set(object: &mut Value, name: &str, value: Value) {
    match value {
        Value::Null => drop(object.as_object_mut().unwrap().shift_remove(name)),
        value => object[name] = value,
    }
}

/// A compact JWS over any two texts.
pub fn jws(header: &str, payload: &str, key: &PrivateKey) -> String {
    let signed = format!("{}.{}", base64url_encode(header), base64url_encode(payload));
    format!("{signed}.{}", base64url_encode(key.sign(signed.as_bytes())))
}

/// The `n`th salt.
pub fn salt(n: usize) -> String {
    base64url_encode(&sha256(&[b"vectors: salt", &n.to_be_bytes()])[..16])
}

/// A digest of nothing.
pub fn decoy(n: u8) -> String {
    base64url_encode(sha256(&[b"vectors: decoy", &[n]]))
}

/// The disclosure of one claim with the `n`th salt.
pub fn disclosure(n: usize, name: &str, value: &Value) -> String {
    disclosure_json(&json!([salt(n), name, value]))
}

/// A disclosure of any JSON.
pub fn disclosure_json(json: &Value) -> String {
    base64url_encode(json.to_string())
}

/// The digest of a disclosure.
pub fn digest(disclosure: &str) -> String {
    base64url_encode(sha256(&[disclosure.as_bytes()]))
}
