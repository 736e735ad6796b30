//! Files that are larger than what they are given as may be: refused by name and limit, and not read.

use std::fs::File;

use super::Desk;

const MIB: u64 = 1024 * 1024;
const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

#[test]
fn a_file_larger_than_its_command_reads_is_refused_by_name_and_limit() {
    let desk = Desk::new();
    desk.write("trust.toml", "");
    // As long as they say, with nothing in them: half a GiB of it takes no room and, unread, no time.
    let large = |bytes: u64| File::create(desk.path("large")).unwrap().set_len(bytes).unwrap();
    let audit = format!("audit --ledger http://127.0.0.1:1 --vkey {VKEY} --state large");
    for (line, most) in [
        ("append large --ledger http://127.0.0.1:1", 256 * MIB),
        ("verify large", 16 * MIB),
        ("passport show large", 16 * MIB),
        ("import large --kind TrainingCompleted --check", 64 * MIB),
        ("reference import large --kind isco", 64 * MIB),
        ("reference list occupations --reference large", 16 * MIB),
        ("demo --journey large", MIB),
        (&audit, 512 * MIB),
    ] {
        large(most + 1);
        let answer = desk.line(&format!("{line} --json"));
        assert!(
            answer.stderr.contains(&format!("large is larger than {most} bytes")),
            "{line}: {}",
            answer.stderr
        );
        assert_eq!(answer.reason(), "FILE_TOO_LARGE", "{line}");
        if most <= 16 * MIB {
            large(most);
            let answer = desk.line(&format!("{line} --json"));
            assert!(!answer.stderr.contains("FILE_TOO_LARGE"), "{line}: {}", answer.stderr);
        }
    }
}
