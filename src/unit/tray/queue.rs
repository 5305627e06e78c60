// SPDX-License-Identifier: GPL-2.0

//! Media events that wait for GET EVENT STATUS NOTIFICATION.

use core::mem;

use crate::protocol::mmc::event::Event;

/// How many events are kept.
const EVENTS: usize = 4;

/// The media events that were not reported yet, the oldest first; [`Event::None`] fills the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Queue([Event; EVENTS]);

impl Queue {
    /// Returns a queue without events.
    pub(super) const fn new() -> Self {
        Self([Event::None; EVENTS])
    }

    /// Returns the oldest event, [`Event::None`] if there is none.
    pub(super) const fn first(&self) -> Event {
        self.0[0]
    }

    /// Appends `event` unless it is the last one anyway; the oldest one makes room.
    pub(super) fn push(&mut self, event: Event) {
        let len = self
            .0
            .iter()
            .take_while(|event| **event != Event::None)
            .count();
        let (kept, free) = self.0.split_at_mut(len);
        if kept.last() == Some(&event) {
            return;
        }
        if let Some(slot) = free.first_mut() {
            *slot = event;
        } else {
            let _ = self.pop();
            self.0[EVENTS - 1] = event;
        }
    }

    /// Removes and returns the oldest event, [`Event::None`] if there is none.
    pub(super) fn pop(&mut self) -> Event {
        self.0.rotate_left(1);
        mem::replace(&mut self.0[EVENTS - 1], Event::None)
    }

    /// Removes all `unwanted` events.
    pub(super) fn remove(&mut self, unwanted: Event) {
        let events = mem::replace(self, Self::new());
        for event in events.0.into_iter().filter(|event| *event != unwanted) {
            self.push(event);
        }
    }
}

#[cfg(any(test, CONFIG_KUNIT = "y"))]
#[cfg_attr(not(test), kernel::macros::kunit_tests(rpmfault_tray_queue))]
mod tests {
    use super::*;

    /// Returns whether these events come out of the queue, and no others.
    fn holds(mut queue: Queue, events: &[Event]) -> bool {
        events
            .iter()
            .all(|event| queue.first() == *event && queue.pop() == *event)
            && queue == Queue::new()
    }

    /// Returns a queue after these events came.
    fn with(events: &[Event]) -> Queue {
        let mut queue = Queue::new();
        for event in events {
            queue.push(*event);
        }
        queue
    }

    #[test]
    fn empty_queue_has_no_event() {
        let mut queue = Queue::new();
        assert_eq!(queue.first(), Event::None);
        assert_eq!(queue.pop(), Event::None);
        assert!(holds(queue, &[]));
    }

    #[test]
    fn events_come_in_order() {
        let events = [Event::NewMedia, Event::EjectRequest, Event::MediaRemoval];
        assert!(holds(with(&events), &events));
    }

    #[test]
    fn repeated_event_comes_once() {
        let queue = with(&[Event::NewMedia, Event::EjectRequest, Event::EjectRequest]);
        assert!(holds(queue, &[Event::NewMedia, Event::EjectRequest]));
        let alternating = [Event::NewMedia, Event::MediaRemoval, Event::NewMedia];
        assert!(holds(with(&alternating), &alternating));
    }

    #[test]
    fn latest_events_are_kept() {
        let events = [
            Event::MediaChanged,
            Event::NewMedia,
            Event::EjectRequest,
            Event::MediaRemoval,
            Event::NewMedia,
        ];
        assert!(holds(with(&events), &events[1..]));
        let mut queue = with(&events);
        queue.push(Event::NewMedia);
        assert!(holds(queue, &events[1..]));
    }

    #[test]
    fn unwanted_events_go_without_a_gap() {
        let mut queue = with(&[Event::EjectRequest, Event::NewMedia, Event::EjectRequest]);
        queue.remove(Event::EjectRequest);
        assert!(holds(queue, &[Event::NewMedia]));
        queue.remove(Event::NewMedia);
        assert!(holds(queue, &[]));
    }
}
