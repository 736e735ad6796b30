//! The checked-in code is what the protos say.

#[test]
fn checked_in_code_and_descriptors_are_fresh() -> Result<(), Box<dyn std::error::Error>> {
    let root = proto_gen::root();
    let generated = proto_gen::generate(&root)?;
    let (rust, descriptors) = proto_gen::places(&root);
    assert!(
        std::fs::read(rust)? == generated.rust,
        "src/pb/skillpass.v1.rs is stale: cargo run -p proto-gen"
    );
    assert!(
        std::fs::read(descriptors)? == generated.descriptors,
        "src/pb/skillpass.v1.fds is stale: cargo run -p proto-gen"
    );
    Ok(())
}
