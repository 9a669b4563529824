//! The dashboard as Grafana reads it: its layout and what each panel says, and all of it held against the types that Grafana
//! declares. Grafana itself is not run.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::dashboard::{dashboard, panels};
use crate::typed::Typed;

/// A program that takes this for a dashboard, and the options of each panel for those of its kind.
fn program(dashboard: &Value) -> Typed {
    let mut text = String::from("import type { Dashboard } from \"@grafana/schema\";\n");
    for (kind, name) in [("stat", "Stat"), ("table", "Table"), ("timeseries", "TimeSeries")] {
        let module =
            format!("@grafana/schema/dist/esm/raw/composable/{kind}/panelcfg/x/{name}PanelCfg_types.gen");
        let _ = writeln!(text, "import type * as {kind} from {module:?};");
    }
    let _ = writeln!(text, "export const dashboard: Plain<Dashboard> = {dashboard};");
    for panel in panels(dashboard) {
        let (kind, id) = (panel["type"].as_str().unwrap(), &panel["id"]);
        let _ = writeln!(text, "export const options{id}: Plain<{kind}.Options> = {};", panel["options"]);
        let custom = &panel["fieldConfig"]["defaults"]["custom"];
        if custom.is_object() {
            let _ = writeln!(text, "export const custom{id}: Plain<{kind}.FieldConfig> = {custom};");
        }
    }
    Typed::new(&text)
}

#[tokio::test]
async fn it_is_such_as_grafana_declares_a_dashboard_with_every_panel_and_option() {
    program(&dashboard()).compile().await.fine();
}

#[tokio::test]
async fn what_grafana_does_not_know_is_found() {
    for (pointer, value, told) in [
        ("/panels/1/gridPosition", "1", "gridPosition"),
        ("/panels/1/options/colorMode", "\"lound\"", "lound"),
        ("/panels/1/fieldConfig/defaults/thresholds/mode", "\"abs\"", "abs"),
        ("/templating/list/0/hide", "9", "9"),
    ] {
        let mut dashboard = dashboard();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        dashboard.pointer_mut(parent).unwrap()[name] = serde_json::from_str(value).unwrap();
        let found = program(&dashboard).compile().await.refused();
        assert!(found.contains(told), "{pointer}: {found}");
    }
}

#[test]
fn every_panel_says_what_it_shows_and_in_which_unit_and_none_covers_another() {
    let dashboard = dashboard();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}: its id is another's");
        assert!(!panel["title"].as_str().unwrap().is_empty(), "{panel}");
        let at = |name: &str| panel["gridPos"][name].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{panel}: beyond the edge");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(taken.insert((x, y)), "{panel}: covers another");
            }
        }
    }
    for panel in panels(&dashboard) {
        let title = &panel["title"];
        assert!(panel["description"].as_str().is_some_and(|text| text.ends_with('.')), "{title}");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title} has no unit");
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            let windows = expression.match_indices('[').map(|(at, _)| &expression[at..]);
            for window in windows {
                assert!(
                    window.starts_with("[$__rate_interval]"),
                    "{title}: {window} may be shorter than a step"
                );
            }
            assert!(expression.contains("job=~\"$job\", instance=~\"$instance\""), "{title}: {expression}");
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{title}");
            let named = target["legendFormat"].as_str().is_some_and(|legend| !legend.is_empty());
            assert!(named || panel["type"] != "timeseries", "{title}: {expression} has no legend");
        }
    }
}
