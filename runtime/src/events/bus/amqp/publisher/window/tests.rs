use std::sync::{Arc, Mutex};
use std::time::Duration;

use lapin::message::Delivery;
use lapin::protocol::{AMQPError, AMQPSoftError};
use proptest::prelude::*;
use tokio::sync::oneshot;

use super::*;
use crate::client::lock;
use crate::events::PublishFailure;
use crate::events::wire::Wire;

/// A channel whose confirms a test gives.
#[derive(Default)]
struct Scripted {
    /// Ids, in the order in which they were sent.
    sent: Arc<Mutex<Vec<String>>>,
    answers: Vec<Option<oneshot::Sender<lapin::Result<Confirmation>>>>,
}

impl Publishes for Scripted {
    fn start(&mut self, parcel: &Parcel) -> Result<Confirm, Nack> {
        let (answer, answered) = oneshot::channel();
        self.answers.push(Some(answer));
        let (sent, id) = (
            Arc::clone(&self.sent),
            parcel.id().expect("it has one").to_string(),
        );
        Ok(Box::pin(async move {
            lock(&sent).push(id);
            answered.await.unwrap_or(Ok(Confirmation::NotRequested))
        }))
    }
}

type Answered = oneshot::Receiver<Result<(), Nack>>;

fn request(exchange: &'static str, key: &'static str, id: usize) -> (Request, Answered) {
    let mut wire = Wire::default();
    wire.properties.message_id = Some(Text::copy(&id.to_string()));
    let parcel = Parcel {
        exchange: exchange.into(),
        key: key.into(),
        wire: Arc::new(wire),
    };
    let (answer, answered) = oneshot::channel();
    let request = Request {
        parcel,
        answer,
        was_sent: false,
    };
    (request, answered)
}

fn returned(key: &str, id: usize) -> BasicReturnMessage {
    let mut delivery = Delivery::mock(0, "microservices".into(), key.into(), false, Vec::new());
    delivery.properties = lapin::BasicProperties::default().with_message_id(id.to_string().into());
    BasicReturnMessage {
        delivery,
        reply_code: 312,
        reply_text: "NO_ROUTE".into(),
    }
}

impl Window<'_, Scripted> {
    fn begin(&mut self, exchange: &'static str, key: &'static str) -> Answered {
        let (request, answered) = request(exchange, key, self.channel.answers.len());
        self.start(request);
        self.look().expect("the channel is well");
        answered
    }

    fn confirm(&mut self, number: usize, confirmation: Confirmation) {
        let answer = self.channel.answers[number].take().expect("not yet");
        let _ = answer.send(Ok(confirmation));
    }

    fn ack(&mut self, number: usize, message: Option<BasicReturnMessage>) {
        self.confirm(number, Confirmation::Ack(message));
    }

    fn look(&mut self) -> Result<bool, Fault> {
        let mut cx = Context::from_waker(Waker::noop());
        let mut any = false;
        while self.settle(&mut cx)? {
            any = true;
        }
        Ok(any)
    }

    fn is_sent(&self) -> Vec<String> {
        lock(&self.channel.sent).clone()
    }
}

fn outcome_of(answered: &mut Answered) -> Option<Result<(), PublishFailure>> {
    let outcome = answered.try_recv().ok()?;
    Some(outcome.map_err(|nack| nack.failure))
}

#[test]
fn without_confirm_mode_nothing_is_a_success() {
    let fault = outcome(Confirmation::NotRequested).expect_err("nobody confirmed");
    assert_eq!(fault.cause, Cause::Unconfirmed);
    assert!(outcome(Confirmation::Ack(None)).is_ok_and(|(outcome, _)| outcome.is_ok()));
    assert!(outcome(Confirmation::Nack(None)).is_ok_and(|(outcome, _)| outcome.is_err()));
}

#[tokio::test(start_paused = true)]
async fn each_is_answered_once_its_confirm_comes_whatever_is_before_it() {
    let mut channel = Scripted::default();
    let mut window = Window::new(&mut channel);
    let mut answers: Vec<Answered> = (0..4).map(|_| window.begin("e", "k")).collect();
    window.ack(3, None);
    window.confirm(1, Confirmation::Nack(None));
    assert!(window.look().expect("well"));
    let outcomes: Vec<_> = answers.iter_mut().map(outcome_of).collect();
    let refused = Some(Err(PublishFailure::Refused));
    assert_eq!(outcomes, [None, refused, None, Some(Ok(()))]);
    assert_eq!(window.room(), MOST - 2);
    assert_eq!(window.is_sent(), ["0", "1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_undecided_goes_back_in_its_order() {
    let mut channel = Scripted::default();
    let mut window = Window::new(&mut channel);
    let mut answers: Vec<Answered> = (0..5).map(|_| window.begin("e", "k")).collect();
    // The channel is lost, and two confirms had come before.
    let lost = lapin::ErrorKind::ChannelsLimitReached.into();
    let answer = window.channel.answers[0].take().expect("not yet");
    let _ = answer.send(Err(lost));
    window.ack(3, None);
    window.ack(1, None);
    let back = window.into_requests();
    let ids: Vec<_> = back.map(|request| request.parcel.id().cloned()).collect();
    assert_eq!(ids, ["0", "2", "4"].map(|id| Some(Text::from(id))));
    assert_eq!(outcome_of(&mut answers[1]), Some(Ok(())));
    assert_eq!(outcome_of(&mut answers[3]), Some(Ok(())));
}

/// A channel is closed first, and who was on their way is told why next: what is published between the two was told that
/// it is closed, the exchange was counted as there, and nothing was bound to the new one.
#[tokio::test(start_paused = true)]
async fn why_a_channel_was_closed_is_learnt_from_those_that_were_on_their_way() {
    let mut channel = Scripted::default();
    let mut window = Window::new(&mut channel);
    let _answers: Vec<Answered> = (0..3).map(|_| window.begin("e", "k")).collect();
    let fail = |window: &mut Window<'_, Scripted>, number: usize, why: lapin::ErrorKind| {
        let answer = window.channel.answers[number].take().expect("not yet");
        let _ = answer.send(Err(why.into()));
        window.look()
    };
    let closed = || lapin::ErrorKind::InvalidChannelState(lapin::ChannelState::Closing, "publish");
    assert!(!fail(&mut window, 2, closed()).expect("not told yet"));
    assert_eq!(window.room(), 0);
    let missing = AMQPError::new(AMQPSoftError::NOTFOUND.into(), "no exchange".into());
    let fault = fail(&mut window, 0, lapin::ErrorKind::ProtocolError(missing)).expect_err("closed");
    assert_eq!(fault.cause, Cause::Missing);
    // Where nobody is told more, that it is closed is all there is to say.
    let fault = fail(&mut window, 1, closed()).expect_err("closed");
    assert_eq!(fault.cause, Cause::Channel);
    assert_eq!(window.into_requests().count(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_one_queue_does_not_confirm_is_given_up_and_asked_one_at_a_time() {
    let mut channel = Scripted::default();
    let mut window = Window::new(&mut channel);
    let opened = Instant::now();
    let mut stuck = window.begin("e", "stuck");
    let mut healthy = window.begin("e", "healthy");
    window.ack(1, None);
    window.look().expect("well");
    assert_eq!(outcome_of(&mut healthy), Some(Ok(())));
    tokio::time::advance(CONFIRM).await;
    assert_eq!(window.silent_since(), None, "what was sent later is confirmed");
    assert!(window.give_up(opened));
    assert_eq!(outcome_of(&mut stuck), Some(Err(PublishFailure::Unconfirmed)));
    assert!(window.is_empty());
    // The first looks, the next is not sent; another route is open.
    let mut looking = window.begin("e", "stuck");
    let (second, mut refused) = request("e", "stuck", 7);
    window.start(second);
    assert_eq!(outcome_of(&mut refused), Some(Err(PublishFailure::Refused)));
    window.begin("e", "healthy");
    assert_eq!(window.is_sent(), ["0", "1", "2", "3"]);
    // One of the late confirms opens it again.
    window.ack(0, None);
    window.look().expect("well");
    assert_eq!(outcome_of(&mut looking), None);
    window.begin("e", "stuck");
    assert_eq!(window.is_sent().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_silent_since_the_first_that_was_sent_after_the_latest_confirm() {
    let mut channel = Scripted::default();
    let mut window = Window::new(&mut channel);
    let opened = Instant::now();
    assert_eq!(window.silent_since(), None);
    for _ in 0..3 {
        drop(window.begin("e", "k"));
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(window.silent_since(), Some(opened));
    window.ack(1, None);
    window.look().expect("well");
    let third = opened + Duration::from_secs(2);
    assert_eq!(window.silent_since(), Some(third));
    // Who waited is told; the broker owes the confirm still.
    tokio::time::advance(CONFIRM).await;
    assert!(window.give_up(opened));
    assert_eq!((window.is_empty(), window.silent_since()), (true, Some(third)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_given_up_before_the_broker_took_events_for_so_long() {
    let mut channel = Scripted::default();
    let mut window = Window::new(&mut channel);
    let _answered = window.begin("e", "k");
    tokio::time::advance(CONFIRM * 2).await;
    let open_since = Instant::now();
    assert!(!window.give_up(open_since), "there was an alarm until now");
    tokio::time::advance(CONFIRM).await;
    assert!(window.give_up(open_since));
}

#[tokio::test(start_paused = true)]
async fn what_may_come_back_behind_its_confirm_does_not_wait_for_a_silent_queue() {
    let mut channel = Scripted::default();
    let mut window = Window::new(&mut channel);
    let mut stuck = window.begin("microservices", "a.stuck");
    let mut bound = window.begin("microservices", "a.bound");
    let mut unbound = window.begin("microservices", "a.unbound");
    // What came back of the third comes with the confirm of the second, of which nothing is known then.
    window.ack(1, Some(returned("a.unbound", 2)));
    window.look().expect("well");
    assert_eq!(outcome_of(&mut bound), None);
    window.ack(2, None);
    window.look().expect("well");
    assert_eq!(outcome_of(&mut bound), Some(Ok(())));
    // The third is kept, and confirmed once it is.
    assert_eq!((outcome_of(&mut unbound), outcome_of(&mut stuck)), (None, None));
    window.ack(3, None);
    window.look().expect("well");
    assert_eq!(outcome_of(&mut unbound), Some(Ok(())));
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Bound,
    Unbound,
    /// It is never confirmed.
    Stuck,
}

/// What a broker says, in its order: each number is here twice. The second time it is confirmed; what is unbound comes back
/// the first time.
fn words(count: usize) -> impl Strategy<Value = Vec<usize>> {
    let twice: Vec<usize> = (0..count).chain(0..count).collect();
    Just(twice).prop_shuffle()
}

fn story() -> impl Strategy<Value = (Vec<Fate>, Vec<usize>, Vec<bool>)> {
    let fate = prop_oneof![4 => Just(Fate::Bound), 4 => Just(Fate::Unbound), 1 => Just(Fate::Stuck)];
    prop::collection::vec(fate, 1..30).prop_flat_map(|fates| {
        let count = fates.len();
        let looks = prop::collection::vec(any::<bool>(), 2 * count);
        (Just(fates), words(count), looks)
    })
}

proptest! {
    #[test]
    fn all_that_come_back_are_kept_and_all_others_are_answered((fates, words, looks) in story()) {
        let mut channel = Scripted::default();
        let mut window = Window::new(&mut channel);
        let mut answers: Vec<Answered> = fates.iter().map(|_| window.begin("microservices", "k")).collect();
        // As lapin has it: what came back waits in line, and each confirm takes the first along.
        let mut line = std::collections::VecDeque::new();
        let mut heard = vec![false; fates.len()];
        for (number, looks) in words.into_iter().zip(looks) {
            let is_second = std::mem::replace(&mut heard[number], true);
            match (fates[number], is_second) {
                (Fate::Unbound, false) => line.push_back(returned("k", number)),
                (Fate::Unbound | Fate::Bound, true) => window.ack(number, line.pop_front()),
                (Fate::Bound, false) | (Fate::Stuck, _) => {}
            }
            if looks {
                window.look().expect("well");
            }
        }
        window.look().expect("well");
        let mut kept = window.is_sent().split_off(fates.len());
        let unbound = (0..fates.len()).filter(|number| fates[*number] == Fate::Unbound);
        let mut unbound: Vec<String> = unbound.map(|number| number.to_string()).collect();
        kept.sort();
        unbound.sort();
        prop_assert_eq!(kept, unbound);
        for number in 0..fates.len() {
            let expected = (fates[number] == Fate::Bound).then_some(Ok(()));
            prop_assert_eq!(outcome_of(&mut answers[number]), expected, "{}", number);
        }
    }
}
