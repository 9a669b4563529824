//! Files that are not whole, not ours, or not the last run's are refused, whatever is wrong with them.

use proptest::prelude::*;

use super::*;

/// A small file with every kind of record.
fn file() -> (Vec<u8>, StreamConfig) {
    let config = config("s", &["a", "b.>"]);
    let stream = stream(&config);
    let headers = Headers::new([("trace".to_owned(), "1f".to_owned())].into()).unwrap();
    publish(&stream, "a", Payload::json("[1,2]").unwrap(), Some("k"), Some(headers), at(0)).unwrap();
    publish(&stream, "b.c", Payload::bytes(&b"\xff"[..]), None, None, at(1)).unwrap();
    publish(&stream, "a", Payload::text("two"), None, None, at(2)).unwrap();
    (written(&[stream.save(at(3))]), config)
}

/// The file with a checksum that fits what stands in it now.
fn sealed(mut file: Vec<u8>) -> Vec<u8> {
    let summed = file.len() - CHECKSUM_BYTES;
    let checksum = crc32fast::hash(&file[..summed]);
    file.truncate(summed);
    file.extend_from_slice(&checksum.to_le_bytes());
    file
}

fn refusal(file: &[u8], config: &StreamConfig) -> Option<Refusal> {
    read_back(file, std::slice::from_ref(config)).err()
}

#[test]
fn a_file_that_was_cut_short_anywhere_is_refused() {
    let (file, config) = file();
    assert_eq!(refusal(&file, &config), None);
    for length in 0..file.len() {
        let refused = refusal(&file[..length], &config).unwrap_or_else(|| panic!("{length} bytes pass"));
        let expected = if length < MAGIC.len() { Refusal::Foreign } else { Refusal::Damaged };
        // What is too short to name its run is not known to be the last one's.
        assert!(refused == expected || length < HEADER_BYTES + CHECKSUM_BYTES, "{length}: {refused}");
    }
}

#[test]
fn a_file_with_any_byte_changed_is_refused() {
    let (file, config) = file();
    for place in 0..file.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = file.clone();
            damaged[place] ^= flip;
            assert!(refusal(&damaged, &config).is_some(), "byte {place} with {flip:#x} passes");
        }
    }
    let mut longer = file;
    longer.push(0);
    assert_eq!(refusal(&longer, &config), Some(Refusal::Damaged));
}

#[test]
fn a_refusal_says_why() {
    let (file, config) = file();
    assert_eq!(refusal(b"#!/bin/sh\necho no streams here, sorry\n", &config), Some(Refusal::Foreign));
    assert_eq!(refusal(b"", &config), Some(Refusal::Foreign));
    let mut newer = file.clone();
    newer[MAGIC.len()] = 3;
    assert_eq!(refusal(&sealed(newer), &config), Some(Refusal::OtherFormat(3)));
    for last_run in [None, Some(RUN + 1)] {
        let stale = read(File::new(&file), last_run, std::slice::from_ref(&config), at(0).moment);
        assert!(matches!(stale, Err(ReadError::Refused(Refusal::Stale))), "{last_run:?}: {stale:?}");
    }
}

#[test]
fn what_contradicts_itself_is_refused_though_the_checksum_fits() {
    let config = config("s", &[">"]);
    let saved = || {
        let stream = stream(&config);
        publish(&stream, "a", Payload::text("1"), Some("k"), None, at(0)).unwrap();
        publish_text(&stream, "b", "2", at(1));
        stream.save(at(1))
    };
    let refused = |change: &dyn Fn(&mut SavedStream)| {
        let mut stream = saved();
        change(&mut stream);
        matches!(refusal(&written(&[stream]), &config), Some(Refusal::Contradiction(_)))
    };
    assert!(!refused(&|_| ()));
    assert!(refused(&|stream| stream.marks.head = 1), "the head regresses");
    assert!(refused(&|stream| stream.marks.head = u64::MAX), "the head is no sequence");
    assert!(refused(&|stream| stream.marks.removed_through = 3), "more is gone than there was");
    assert!(refused(&|stream| stream.marks.last_time_ms = 0), "times fall");
    assert!(refused(&|stream| stream.topics[0].1 = 1), "a topic lost what its stream did not");
    assert!(refused(&|stream| stream.messages.reverse()), "sequences fall");
    assert!(refused(&|stream| stream.messages.truncate(1)), "a topic has no message");
    assert!(refused(&|stream| stream.keys[0].seq = 3), "a key is of a later message");
    let twice = written(&[saved(), saved()]);
    assert!(matches!(refusal(&twice, &config), Some(Refusal::Contradiction(_))), "a stream is there twice");
}

proptest! {
    /// The checksum keeps damage out; behind it nothing is trusted either.
    #[test]
    fn no_content_makes_reading_fail_otherwise(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let (file, config) = file();
        let mut changed = file;
        for (place, byte) in changes {
            let place = place.index(changed.len() - HEADER_BYTES);
            changed[HEADER_BYTES + place] = byte;
        }
        let _ = refusal(&sealed(changed), &config);
    }

    #[test]
    fn no_bytes_at_all_make_reading_fail_otherwise(bytes: Vec<u8>) {
        let (file, config) = file();
        let _ = refusal(&sealed([&file[..HEADER_BYTES], &bytes, &[0; CHECKSUM_BYTES]].concat()), &config);
    }
}

#[test]
fn a_file_of_the_format_before_is_read_too() {
    let config = config("s", &[">"]);
    let stream = stream(&config);
    publish_text(&stream, "a", "first", at(0));
    publish_text(&stream, "a", "second", at(1));
    let file = written(&[stream.save(at(1))]);
    let (mut before, mut rest) =
        (file[..HEADER_BYTES].to_vec(), &file[HEADER_BYTES..file.len() - CHECKSUM_BYTES]);
    before[MAGIC.len()] = 1;
    while let Some((length, records)) = rest.split_first_chunk() {
        let (record, others) = records.split_at(u32::from_le_bytes(*length) as usize);
        let mut record = record.to_vec();
        if record[0] == Tag::Message as u8 {
            // Behind sequence, the one before, time, topic and kind stands the publisher: two bytes for none.
            record.drain(1 + 3 * 8 + 4 + 1..1 + 3 * 8 + 4 + 1 + 2);
        }
        before.extend_from_slice(&u32::try_from(record.len()).unwrap().to_le_bytes());
        before.extend_from_slice(&record);
        rest = others;
    }
    before.extend_from_slice(&[0; CHECKSUM_BYTES]);
    let content = read_back(&sealed(before), std::slice::from_ref(&config)).unwrap();
    let texts: Vec<_> =
        content.streams[0].messages.iter().map(|message| message.payload().1.to_vec()).collect();
    assert_eq!(texts, [b"first".to_vec(), b"second".to_vec()]);
}
