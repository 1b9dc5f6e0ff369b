use trunkline::{Result, service};

pub struct Local(pub *const u8);

impl std::fmt::Display for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("local")
    }
}

#[service("models")]
pub trait Models {
    #[get("/{id}")]
    async fn get(&self, id: Local) -> Result<()>;
}

fn main() {}
