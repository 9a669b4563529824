//! Whatever is written is read or refused.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text: String) {
        let _ = parse(&text);
    }

    #[test]
    fn any_variable_is_read_or_refused(text: String, number in 0..single_rows().count()) {
        let variable = single_rows().nth(number).map(|(name, _)| name.variable()).unwrap_or_default();
        let (overrides, unknown) = Overrides::from_environment([(variable.into(), text.into())]);
        prop_assert_eq!(unknown, []);
        let _ = Config::load(None, &overrides);
    }

    #[test]
    fn any_assignment_is_taken_or_refused(name: String, value: String) {
        let _ = Overrides::default().set(&format!("{name}={value}"));
        let mut overrides = Overrides::default();
        overrides.set(&format!("limits.heartbeat={value}")).unwrap();
        let _ = Config::load(None, &overrides);
    }

    #[test]
    fn anything_like_a_configuration_is_read_or_refused(
        words in proptest::collection::vec(prop_oneof![
            Just("[limits]\n"), Just("[[stream]]\n"), Just("name"), Just("patterns"), Just(" = "), Just("["), Just("]"),
            Just("\""), Just("heartbeat"), Just("25s"), Just("\n"), Just("{"), Just("}"), Just(","), Just("orders.>"),
            Just("-1"), Just("0x7fffffffffffffff"), Just("1e999"), Just("1979-05-27"), Just("é"), Just("'''"),
        ], 0..40)
    ) {
        let _ = parse(&words.concat());
    }

    #[test]
    fn any_number_is_read_or_refused(number: i128, key in prop::sample::select(vec!["shards", "limits.max_connections"])) {
        let _ = parse(&format!("{key} = {number}"));
    }
}
