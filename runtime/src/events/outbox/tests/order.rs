//! The order of the relay.

use super::*;

async fn order(store: &Store, chunk: usize) -> Vec<String> {
    let mut order = Vec::new();
    loop {
        let taken = store.take(chunk).await.expect("open");
        if taken.is_empty() {
            return order;
        }
        order.extend(taken.iter().map(|taken| taken.record().id.clone()));
        taken.into_iter().for_each(Taken::confirm);
    }
}

fn many(lane: Lane, letter: char, count: usize) -> impl Iterator<Item = Record> {
    (0..count).map(move |number| in_lane(lane, format!("{letter}{number}")))
}

#[tokio::test]
async fn the_higher_lane_goes_first_but_for_one_slot_in_eight() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, many(Lane::Low, 'l', 3).chain(many(Lane::Urgent, 'u', 16))).await;
    let expected = "u0 u1 u2 u3 u4 u5 u6 l0 u7 u8 u9 u10 u11 u12 u13 l1 u14 u15 l2";
    assert_eq!(order(&store, 5).await.join(" "), expected);
}

#[tokio::test]
async fn the_eighth_slot_goes_to_the_oldest_of_the_rest() {
    let folder = Folder::new();
    let store = folder.open();
    let records = many(Lane::Low, 'l', 1)
        .chain(many(Lane::Normal, 'n', 1))
        .chain(many(Lane::Low, 'm', 1))
        .chain(many(Lane::High, 'h', 24));
    accept_all(&store, records).await;
    let order = order(&store, 100).await;
    let slots: Vec<&str> = [7, 15, 23].into_iter().map(|slot| order[slot].as_str()).collect();
    assert_eq!(slots, ["l0", "n0", "m0"]);
}

#[tokio::test]
async fn one_lane_is_first_in_first_out_whatever_the_chunk() {
    for chunk in [1, 31, 32, 33, 1000] {
        let folder = Folder::new();
        let store = folder.open();
        accept_all(&store, many(Lane::Normal, 'n', 150)).await;
        let expected: Vec<_> = (0..150).map(|number| format!("n{number}")).collect();
        assert_eq!(order(&store, chunk).await, expected, "by {chunk}");
    }
}

#[tokio::test]
async fn what_comes_back_goes_before_what_was_never_out() {
    let folder = Folder::new();
    let store = folder.open();
    accept_all(&store, many(Lane::Normal, 'n', 100)).await;
    let taken = store.take(50).await.expect("open");
    for (number, taken) in taken.into_iter().enumerate() {
        if number % 2 == 0 {
            taken.confirm();
        }
    }
    let expected = (0..50).filter(|number| number % 2 == 1).chain(50..100);
    let expected: Vec<_> = expected.map(|number| format!("n{number}")).collect();
    assert_eq!(order(&store, 7).await, expected);
}
