//! Every case does its work, on small sizes.

use std::collections::BTreeSet;

use super::{GROUPS, Size};

#[test]
fn every_case_does_what_it_says_and_has_a_name_of_its_own() {
    for group in GROUPS {
        let cases = group.run(Size::SMALL).unwrap();
        let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names.len(), cases.len(), "{}", group.name);
        assert!(cases.iter().all(|case| case.pieces > 0), "{}", group.name);
        assert!(!cases.is_empty(), "{}", group.name);
    }
}
