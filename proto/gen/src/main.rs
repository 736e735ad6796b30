//! Writes the generated gRPC code and descriptor set into `src/pb`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = proto_gen::root();
    let generated = proto_gen::generate(&root)?;
    let (rust, descriptors) = proto_gen::places(&root);
    std::fs::write(rust, generated.rust)?;
    std::fs::write(descriptors, generated.descriptors)?;
    Ok(())
}
