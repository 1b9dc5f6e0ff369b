//! What is answered to what.

use super::Manner;
use super::frame::{self, BODY, Frame, HEADER, METHOD};

/// One connection after its greeting.
#[derive(Debug)]
pub(super) struct Conversation {
    manner: Manner,
    is_mute: bool,
    is_over: bool,
    /// The number of the latest event on the channel that publishes.
    tag: u64,
    /// Whether the event that is coming is not confirmed.
    is_withheld: bool,
    /// Its id, and how much of it is missing.
    coming: Option<(String, usize)>,
    published: Vec<String>,
}

impl Conversation {
    pub(super) fn new(manner: Manner) -> Self {
        Self {
            manner,
            is_mute: false,
            is_over: false,
            tag: 0,
            is_withheld: false,
            coming: None,
            published: Vec::new(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// The events that came whole since it was asked last.
    pub(super) fn take_published(&mut self) -> Vec<String> {
        std::mem::take(&mut self.published)
    }

    /// The bytes to answer with.
    pub(super) fn hear(&mut self, frame: &Frame) -> Vec<u8> {
        let was_mute = self.is_mute;
        let answer = match frame.kind {
            METHOD => self.answer(frame),
            HEADER => {
                self.coming = Some((frame.message_id(), frame.size()));
                self.complete(frame, 0)
            }
            BODY => self.complete(frame, frame.payload.len()),
            _ => Vec::new(),
        };
        if was_mute { Vec::new() } else { answer }
    }

    fn answer(&mut self, frame: &Frame) -> Vec<u8> {
        let answer = |method, arguments: &[u8]| frame::method(frame.channel, method, arguments);
        match frame.method() {
            (10, 11) => frame::tune(),
            (10, 40) => {
                self.is_mute = self.manner == Manner::MuteAfterHandshake;
                answer((10, 41), &[0])
            }
            (10, 50) => answer((10, 51), &[]),
            // A channel, an exchange, a queue, a binding, confirms.
            (20, 10) => answer((20, 11), &[0; 4]),
            (50, 10) => answer((50, 11), &[frame.text(6), &[0; 8]].concat()),
            (class @ (40 | 50 | 85), method @ (10 | 20)) => answer((class, method + 1), &[]),
            (20, 40) => answer((20, 41), &[]),
            (60, 40) => {
                self.is_withheld = match self.manner {
                    Manner::NoConfirmFor(key) => frame.routing_key().starts_with(key.as_bytes()),
                    _ => self.manner == Manner::NoConfirms,
                };
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// More of an event came; the whole of it is confirmed.
    fn complete(&mut self, frame: &Frame, bytes: usize) -> Vec<u8> {
        let Some((id, missing)) = self.coming.take() else {
            return Vec::new();
        };
        if missing > bytes {
            self.coming = Some((id, missing - bytes));
            return Vec::new();
        }
        self.published.push(id);
        self.tag += 1;
        if self.is_withheld {
            return Vec::new();
        }
        self.confirm(frame::ack(frame.channel, self.tag))
    }

    fn confirm(&mut self, mut ack: Vec<u8>) -> Vec<u8> {
        match self.manner {
            Manner::HalfAFrame => {
                self.is_mute = true;
                ack.truncate(ack.len() / 2);
                ack
            }
            Manner::CloseAfterOne => {
                self.is_over = true;
                ack
            }
            Manner::Well
            | Manner::Mute
            | Manner::MuteAfterHandshake
            | Manner::ResetAfter(_)
            | Manner::NoConfirms
            | Manner::NoConfirmFor(_) => ack,
        }
    }
}
