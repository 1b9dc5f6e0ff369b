//! The life of a call: one readable `async fn`, its stages in their order, one file a stage.
//!
//! Nothing here is generic: arguments come encoded, and the value is read behind [`Reader`]. A stage that a later
//! version adds has its place between two lines of [`stages`].

mod attempt;
mod backoff;
mod balance;
#[cfg(feature = "testing")]
mod bare;
mod body;
pub(crate) mod breaker;
mod build;
mod classify;
mod conclude;
mod deadline;
mod headers;
mod options;
mod prepare;
mod read;
mod record;
mod redirect;
mod retry;
pub(crate) mod retry_after;
mod timer;

pub(crate) use balance::{Instance, Instances};
pub use build::Call;
pub(crate) use build::JSON;
pub(crate) use headers::check_framing;
pub use options::CallOptions;
pub(crate) use prepare::Prepared;
pub(crate) use read::Reader;

use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::context::CallContext;
use crate::{Body, Error, observe};
use attempt::{Answered, Attempt, Outcome, read_error, read_last_error};
use classify::Class;
use conclude::conclude;
use deadline::Deadline;
use read::Wants;
use record::Record;
use retry::{Next, Retry, explain, explain_refusal};

/// Makes the call: one outcome, whatever happens on the way; dropping the future ends it and gives everything back.
pub(crate) async fn run(call: &Prepared, body: &mut Body, reader: &mut dyn Reader) -> Result<(), Error> {
    // 1: span and logical metrics
    let context = call.context();
    let span = observe::call_span(&record::fields(call, &context));
    let mut record = Record::start(call, &context, &span);
    let outcome = {
        let stages = pin!(stages(call, &context, body, &mut record, reader));
        observe::inside(&span, stages).await
    };
    record.finish(outcome)
}

async fn stages<'a>(
    call: &'a Prepared,
    context: &CallContext,
    body: &mut Body,
    record: &mut Record<'a>,
    reader: &mut dyn Reader,
) -> Result<(), Error> {
    record.admit()?;
    let plan = call.plan()?;
    let shared = call.service.shared();
    let changed = call
        .options
        .as_ref()
        .and_then(|options| options.change(&plan.policy.limits));
    let limits = changed.as_deref().unwrap_or(&plan.policy.limits);
    // 5: deadline
    let deadline = Deadline::new(limits.timeout, context.deadline(), record.started());
    deadline.check()?;
    // 8: retry and backoff
    let mut retry = Retry::new(limits, call.is_idempotent(plan), body);
    // In a box: most calls are not tried again, and need no room for it.
    let mut last = None::<Box<(&Instance, Outcome)>>;
    let wants = reader.wants();
    let mut now = record.started();
    loop {
        shared.admission.check_open()?;
        // A block of its own: while the call waits, nothing is left of the attempt but its outcome.
        let (next, mut failed) = {
            // 10: balancer; 11: instance breaker
            let (instance, mut permit) =
                match plan
                    .instances
                    .pick(retry.tried(), limits, &deadline, now, &shared.random)
                {
                    Ok(picked) => picked,
                    // Nobody may be asked again: what the last attempt said is the answer.
                    Err(refused) => {
                        let Some(last) = last else {
                            return Err(refused);
                        };
                        let (instance, outcome) = *last;
                        return conclude(plan, instance, record, &deadline, outcome, wants, reader)
                            .map_err(|error| explain_refusal(error, &refused));
                    }
                };
            let span = record.attempt(instance);
            // 12: attempt timeout; 13: transport
            let attempt = Attempt {
                call,
                context,
                plan,
                instance,
                limits,
                deadline: &deadline,
                begun: now,
                number: retry.made(),
            };
            let outcome = {
                let running = pin!(attempt.run(body, &mut permit, wants));
                observe::inside(&span, running).await
            };
            // 14: classify and record
            let class = Class::of(&outcome, retry.on());
            record.classified(&span, &outcome, class, permit);
            let next = retry.next(&attempt, &outcome, class, body);
            match next {
                Next::Done(None) if !Answered::is_unread_error(&outcome, wants) => {
                    return conclude(plan, instance, record, &deadline, outcome, wants, reader);
                }
                Next::Done(_) | Next::Again(_) => (next, Box::new((instance, outcome))),
            }
        };
        match next {
            Next::Done(why) => {
                // In a box, as all that most calls do without.
                Box::pin(read_last_error(plan, &deadline, &mut failed.1, wants)).await;
                record.ended();
                let (instance, outcome) = *failed;
                let end = conclude(plan, instance, record, &deadline, outcome, wants, reader);
                return explain(why, end);
            }
            Next::Again(delay) => {
                record.retrying(&failed.1, delay);
                now = wait(delay, &mut failed.1, wants).await;
            }
        }
        last = Some(failed);
    }
}

/// Waits for the next attempt, and meanwhile for what the last one says of its error: the call's, if nobody may be asked
/// again, and its connection is used once more. The time when it is over.
async fn wait(delay: Duration, outcome: &mut Outcome, wants: Wants) -> Instant {
    let until = Instant::now() + delay;
    Box::pin(read_error(outcome, wants, delay, until)).await;
    // The timer's smallest step is a millisecond; another instance is asked at once.
    if !delay.is_zero() {
        sleep_until(until).await;
    }
    Instant::now()
}
