//! What goes over the wire: a small, a middle-sized and a large JSON document, as services exchange them.

use serde::{Deserialize, Serialize};

/// About 1 KiB of JSON: what is posted, and what comes back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    id: u64,
    customer: String,
    note: String,
    lines: Vec<Line>,
    total: f64,
    paid: bool,
}

/// One position of an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    sku: String,
    quantity: u32,
    price: f64,
}

/// About 300 bytes of JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    id: u64,
    customer: String,
    status: String,
    lines: u32,
    total: f64,
    paid: bool,
    address: String,
}

/// One entry of a list of about 64 KiB.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Item {
    id: u64,
    name: String,
    quantity: u32,
    available: bool,
}

impl Order {
    /// An order of 1 KiB.
    pub fn example() -> Self {
        let line = |number| Line {
            sku: format!("SKU-{number:05}-BLUE"),
            quantity: number,
            price: 12.5,
        };
        Self {
            id: 4711,
            customer: "Example Trading Company, Harbour Street 12".into(),
            note: "Leave the parcel with the neighbour when nobody is at home. ".repeat(11),
            lines: (1..=4).map(line).collect(),
            total: 1234.5,
            paid: true,
        }
    }
}

impl Summary {
    pub(crate) fn example() -> Self {
        Self {
            id: 4711,
            customer: "Example Trading Company, Harbour Street 12".into(),
            status: "confirmed".into(),
            lines: 5,
            total: 1234.5,
            paid: true,
            address: "Example Trading Company, Goods Inwards, Gate 4, Harbour Street 12, 20457 Hamburg, "
                .repeat(2),
        }
    }
}

pub(crate) fn list() -> Vec<Item> {
    let item = |id| Item {
        id,
        name: format!("An article of the catalogue with the number {id:06}"),
        quantity: 17,
        available: id % 3 != 0,
    };
    (1..=640).map(item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &impl Serialize, expected: usize) {
        let length = serde_json::to_vec(document).expect("encodes").len();
        assert!(
            length.abs_diff(expected) * 20 < expected,
            "{length} bytes, not about {expected}"
        );
    }

    #[test]
    fn documents_are_about_as_large_as_they_are_said_to_be() {
        check(&Order::example(), 1024);
        check(&Summary::example(), 300);
        check(&list(), 64 * 1024);
    }
}
