//! A small evaluator for the part of the IAM policy language that docs/force-mfa uses. Anything else in
//! a document is an error.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// A completely parsed document.
#[derive(Debug)]
pub(crate) struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug)]
struct Statement {
    denies: bool,
    actions: Actions,
    covers: Covers,
    conditions: Vec<Condition>,
}

#[derive(Debug)]
enum Actions {
    These(Vec<String>),
    AllBut(Vec<String>),
}

#[derive(Debug)]
enum Covers {
    /// `Resource` of a user's policy.
    Resources(Vec<String>),
    /// `Principal` of a role's trust policy: every identity of this account.
    Account(String),
}

#[derive(Debug)]
struct Condition {
    operator: Operator,
    if_exists: bool,
    key: String,
    value: String,
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Bool,
    NumericLessThan,
}

/// What AWS knows when it decides on a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) action: String,
    pub(crate) resource: String,
    /// The account of the signer.
    pub(crate) account: String,
    /// By key in lower case; a key that AWS does not send is absent.
    pub(crate) context: BTreeMap<&'static str, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allowed,
    /// No statement allows it.
    NotAllowed,
    /// AWS's message says "with an explicit deny".
    Denied,
}

/// The decision of all policies of one identity.
pub(crate) fn evaluate(policies: &[&Policy], request: &Request) -> Verdict {
    let statements = || policies.iter().flat_map(|policy| &policy.statements);
    let matching = |denies: bool| {
        statements().any(|statement| statement.denies == denies && statement.matches(request))
    };
    match (matching(true), matching(false)) {
        (true, _) => Verdict::Denied,
        (false, true) => Verdict::Allowed,
        (false, false) => Verdict::NotAllowed,
    }
}

impl Policy {
    /// A policy for users and groups.
    pub(crate) fn of_users(text: &str) -> Result<Self, String> {
        Self::parse(text, &["Resource"])
    }

    /// The trust policy of a role.
    pub(crate) fn of_a_role(text: &str) -> Result<Self, String> {
        Self::parse(text, &["Principal"])
    }

    fn parse(text: &str, covers: &[&str]) -> Result<Self, String> {
        let document: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let document = elements(&document, &["Version", "Statement"])?;
        // In the older version, which is the default, `${aws:username}` is not a variable.
        if document.get("Version") != Some(&Value::from("2012-10-17")) {
            return Err("Version is not 2012-10-17".to_owned());
        }
        let statements = document.get("Statement").and_then(Value::as_array);
        let statements = statements.ok_or("Statement is no list")?;
        let mut names = BTreeSet::new();
        for statement in statements {
            let name = text_of(statement.get("Sid"))?;
            if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) || !names.insert(name) {
                return Err(format!("Sid {name:?}"));
            }
        }
        let statements: Result<Vec<Statement>, String> = statements
            .iter()
            .map(|statement| Statement::parse(statement, covers))
            .collect();
        Ok(Self {
            statements: statements?,
        })
    }

    /// The actions in the statements with this effect.
    pub(crate) fn named_actions(&self, denies: bool) -> BTreeSet<&str> {
        let statements = self.statements.iter();
        statements
            .filter(|statement| statement.denies == denies)
            .flat_map(|statement| match &statement.actions {
                Actions::These(list) | Actions::AllBut(list) => list,
            })
            .map(String::as_str)
            .collect()
    }
}

impl Statement {
    fn parse(statement: &Value, covers: &[&str]) -> Result<Self, String> {
        let known = ["Sid", "Effect", "Action", "NotAction", "Condition"];
        let statement = elements(statement, &[&known, covers].concat())?;
        let denies = match text_of(statement.get("Effect"))? {
            "Allow" => false,
            "Deny" => true,
            other => return Err(format!("Effect {other:?}")),
        };
        let actions = match (statement.get("Action"), statement.get("NotAction")) {
            (Some(these), None) => Actions::These(list_of(these)?),
            (None, Some(these)) => Actions::AllBut(list_of(these)?),
            _ => return Err("one of Action and NotAction".to_owned()),
        };
        let covers = match (statement.get("Resource"), statement.get("Principal")) {
            (Some(resources), None) => Covers::Resources(list_of(resources)?),
            (None, Some(principal)) => {
                let principal = elements(principal, &["AWS"])?;
                let arn = text_of(principal.get("AWS"))?;
                let account = arn.split(':').nth(4).unwrap_or_default();
                if arn.split(':').nth(5) != Some("root") || account.len() != 12 {
                    return Err(format!("Principal {arn:?}"));
                }
                Covers::Account(account.to_owned())
            }
            _ => return Err(format!("no {covers:?}")),
        };
        let mut conditions = Vec::new();
        if let Some(operators) = statement.get("Condition") {
            let operators = operators.as_object().ok_or("Condition is no object")?;
            for (name, keys) in operators {
                let keys = keys.as_object().ok_or("an operator without keys")?;
                for (key, value) in keys {
                    conditions.push(Condition::parse(name, key, text_of(Some(value))?)?);
                }
            }
        }
        Ok(Self {
            denies,
            actions,
            covers,
            conditions,
        })
    }

    fn matches(&self, request: &Request) -> bool {
        let named = |list: &[String]| {
            let action = request.action.to_ascii_lowercase();
            list.iter()
                .any(|pattern| glob(&pattern.to_ascii_lowercase(), &action))
        };
        let action = match &self.actions {
            Actions::These(list) => named(list),
            Actions::AllBut(list) => !named(list),
        };
        let covered = match &self.covers {
            Covers::Resources(patterns) => patterns
                .iter()
                .filter_map(|pattern| resolve(pattern, &request.context))
                .any(|pattern| resource_glob(&pattern, &request.resource)),
            Covers::Account(account) => *account == request.account,
        };
        action && covered && self.conditions.iter().all(|one| one.is_met(request))
    }
}

impl Condition {
    fn parse(operator: &str, key: &str, value: &str) -> Result<Self, String> {
        let (name, if_exists) = match operator.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (operator, false),
        };
        let key = key.to_ascii_lowercase();
        let operator = match (name, key.as_str()) {
            ("Bool", "aws:multifactorauthpresent") if matches!(value, "true" | "false") => {
                Operator::Bool
            }
            ("NumericLessThan", "aws:multifactorauthage") if value.parse::<u32>().is_ok() => {
                Operator::NumericLessThan
            }
            _ => return Err(format!("Condition {operator} {key} {value}")),
        };
        Ok(Self {
            operator,
            if_exists,
            key,
            value: value.to_owned(),
        })
    }

    fn is_met(&self, request: &Request) -> bool {
        let Some(actual) = request.context.get(self.key.as_str()) else {
            return self.if_exists;
        };
        match self.operator {
            Operator::Bool => *actual == self.value,
            Operator::NumericLessThan => {
                actual.parse::<u32>().unwrap() < self.value.parse::<u32>().unwrap()
            }
        }
    }
}

/// An object with no other elements than these.
fn elements<'a>(value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let object = value
        .as_object()
        .ok_or_else(|| format!("no object: {value}"))?;
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown element {key}")),
        None => Ok(object),
    }
}

fn text_of(value: Option<&Value>) -> Result<&str, String> {
    let text = value.and_then(Value::as_str);
    text.ok_or_else(|| format!("no text: {value:?}"))
}

/// One text, or a non-empty list of texts.
fn list_of(value: &Value) -> Result<Vec<String>, String> {
    let list = match value {
        Value::Array(list) if !list.is_empty() => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    list.iter()
        .map(|one| text_of(Some(one)).map(str::to_owned))
        .collect()
}

/// Fills in the variables of a pattern. `None` if the request has no value for one: such a pattern
/// matches nothing.
fn resolve(pattern: &str, context: &BTreeMap<&str, String>) -> Option<String> {
    let mut resolved = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}')?;
        resolved.push_str(before);
        resolved.push_str(context.get(name.to_ascii_lowercase().as_str())?);
        rest = after;
    }
    resolved.push_str(rest);
    Some(resolved)
}

/// A wildcard in an ARN does not match a colon.
fn resource_glob(pattern: &str, resource: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let pattern: Vec<&str> = pattern.splitn(6, ':').collect();
    let resource: Vec<&str> = resource.splitn(6, ':').collect();
    pattern.len() == resource.len()
        && pattern
            .iter()
            .zip(&resource)
            .all(|(pattern, segment)| glob(pattern, segment))
}

/// `*` for any text, `?` for one character.
fn glob(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let mut ends = text.char_indices().map(|(at, _)| &text[at..]).chain([""]);
            ends.any(|end| glob(rest.as_str(), end))
        }
        Some(expected) => {
            let mut text = text.chars();
            let fits = text
                .next()
                .is_some_and(|c| expected == '?' || expected == c);
            fits && glob(rest.as_str(), text.as_str())
        }
    }
}

mod tests {
    use serde_json::json;

    use super::*;

    fn statement(changes: &Value) -> Value {
        let mut statement = json!({
            "Sid": "One", "Effect": "Allow", "Action": "iam:Get*", "Resource": "*",
        });
        for (key, value) in changes.as_object().unwrap() {
            if value.is_null() {
                statement.as_object_mut().unwrap().remove(key);
            } else {
                statement[key] = value.clone();
            }
        }
        statement
    }

    fn document(statements: &[Value]) -> String {
        json!({"Version": "2012-10-17", "Statement": statements}).to_string()
    }

    fn policy(changes: &Value) -> Policy {
        Policy::of_users(&document(&[statement(changes)])).unwrap()
    }

    fn request(action: &str, resource: &str, context: &[(&'static str, &str)]) -> Request {
        Request {
            action: action.to_owned(),
            resource: resource.to_owned(),
            account: "111122223333".to_owned(),
            context: context
                .iter()
                .map(|(key, value)| (*key, (*value).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn what_the_evaluator_does_not_know_is_refused() {
        let refused = [
            json!({"Effect": "allow"}),
            json!({"Effect": null}),
            json!({"Action": null}),
            json!({"Action": []}),
            json!({"NotAction": "iam:*"}),
            json!({"Resource": null}),
            json!({"NotResource": "*"}),
            json!({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}),
            json!({"Sid": null}),
            json!({"Sid": "two words"}),
            json!({"Condition": {"StringEquals": {"aws:username": "sam"}}}),
            json!({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "yes"}}}),
            json!({"Condition": {"Bool": {"aws:MultiFactorAuthAge": "true"}}}),
        ];
        for changes in refused {
            let text = document(&[statement(&changes)]);
            assert!(Policy::of_users(&text).is_err(), "{text}");
        }
        let twice = document(&[statement(&json!({})), statement(&json!({}))]);
        assert!(Policy::of_users(&twice).is_err());
        for (from, to) in [
            ("2012-10-17", "2008-10-17"),
            ("Version", "version"),
            ("}", ""),
        ] {
            let text = document(&[statement(&json!({}))]).replacen(from, to, 1);
            assert!(Policy::of_users(&text).is_err(), "{text}");
        }
        let role =
            json!({"Resource": null, "Principal": {"AWS": "arn:aws:iam::111122223333:root"}});
        assert!(Policy::of_a_role(&document(&[statement(&role)])).is_ok());
        assert!(Policy::of_a_role(&document(&[statement(&json!({}))])).is_err());
        let anyone = json!({"Resource": null, "Principal": "*"});
        assert!(Policy::of_a_role(&document(&[statement(&anyone)])).is_err());
    }

    #[test]
    fn an_explicit_deny_wins_and_nothing_is_allowed_by_itself() {
        let (allow, deny) = (policy(&json!({})), policy(&json!({"Effect": "Deny"})));
        let get = request("iam:GetUser", "*", &[]);
        assert_eq!(evaluate(&[&allow], &get), Verdict::Allowed);
        assert_eq!(evaluate(&[&allow, &deny], &get), Verdict::Denied);
        assert_eq!(evaluate(&[&deny, &allow], &get), Verdict::Denied);
        assert_eq!(evaluate(&[], &get), Verdict::NotAllowed);
        let list = request("iam:ListUsers", "*", &[]);
        assert_eq!(evaluate(&[&allow, &deny], &list), Verdict::NotAllowed);
    }

    #[test]
    fn actions_match_in_any_case_and_not_action_is_all_the_others() {
        let allow = policy(&json!({"Action": ["IAM:get*", "sts:Assume?ole"]}));
        for (action, allowed) in [
            ("iam:GetUser", true),
            ("iam:ListUsers", false),
            ("sts:AssumeRole", true),
            ("sts:AssumeRoleWithSAML", false),
            ("xiam:GetUser", false),
        ] {
            let verdict = evaluate(&[&allow], &request(action, "*", &[]));
            assert_eq!(verdict == Verdict::Allowed, allowed, "{action}");
        }
        let others = policy(&json!({"Action": null, "NotAction": ["iam:GetUser"]}));
        let verdict = |action| evaluate(&[&others], &request(action, "*", &[]));
        assert_eq!(verdict("iam:getuser"), Verdict::NotAllowed);
        assert_eq!(verdict("s3:ListAllMyBuckets"), Verdict::Allowed);
    }

    #[test]
    fn resources_match_by_segment_and_by_variable() {
        let allowed = |pattern: &str, resource: &str, context: &[(&'static str, &str)]| {
            let policy = policy(&json!({"Action": "*", "Resource": pattern}));
            evaluate(&[&policy], &request("iam:GetUser", resource, context)) == Verdict::Allowed
        };
        let sam = [("aws:username", "sam")];
        let pattern = "arn:aws:iam::*:user/${aws:username}";
        assert!(allowed(pattern, "arn:aws:iam::111122223333:user/sam", &sam));
        assert!(!allowed(
            pattern,
            "arn:aws:iam::111122223333:user/Sam",
            &sam
        ));
        assert!(!allowed(
            pattern,
            "arn:aws:iam::111122223333:user/samira",
            &sam
        ));
        assert!(!allowed(
            pattern,
            "arn:aws:iam::111122223333:user/team/sam",
            &sam
        ));
        assert!(!allowed(
            pattern,
            "arn:aws-cn:iam::111122223333:user/sam",
            &sam
        ));
        assert!(!allowed(pattern, "*", &sam));
        // A role session has no user name.
        assert!(!allowed(pattern, "arn:aws:iam::111122223333:user/", &[]));
        assert!(!allowed(
            pattern,
            "arn:aws:iam::111122223333:user/${aws:username}",
            &[]
        ));
        let paths = "arn:aws:iam::*:user/*/${aws:UserName}";
        assert!(allowed(
            paths,
            "arn:aws:iam::111122223333:user/a/b/sam",
            &sam
        ));
        assert!(!allowed(paths, "arn:aws:iam::111122223333:user/sam", &sam));
        assert!(!allowed(
            "arn:aws:*:sam",
            "arn:aws:iam::111122223333:sam",
            &sam
        ));
        assert!(allowed("*", "*", &[]));
    }

    #[test]
    fn a_condition_on_an_absent_key_is_met_by_if_exists_alone() {
        let present = "aws:multifactorauthpresent";
        let verdict = |operator: &str, context: &[(&'static str, &str)]| {
            let condition = json!({operator: {"aws:MultiFactorAuthPresent": "false"}});
            let policy = policy(&json!({"Action": "*", "Condition": condition}));
            evaluate(&[&policy], &request("iam:GetUser", "*", context)) == Verdict::Allowed
        };
        assert!(verdict("Bool", &[(present, "false")]));
        assert!(!verdict("Bool", &[(present, "true")]));
        assert!(!verdict("Bool", &[]));
        assert!(verdict("BoolIfExists", &[(present, "false")]));
        assert!(!verdict("BoolIfExists", &[(present, "true")]));
        assert!(verdict("BoolIfExists", &[]));
    }

    #[test]
    fn conditions_must_all_be_met_and_an_age_is_a_number() {
        let condition = json!({
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
            "NumericLessThan": {"aws:MultiFactorAuthAge": "3600"},
        });
        let policy = policy(&json!({"Action": "*", "Condition": condition}));
        let verdict = |present: &str, age: &str| {
            let context = [
                ("aws:multifactorauthpresent", present),
                ("aws:multifactorauthage", age),
            ];
            evaluate(&[&policy], &request("iam:GetUser", "*", &context)) == Verdict::Allowed
        };
        assert!(verdict("true", "3599"));
        assert!(verdict("true", "500"));
        assert!(!verdict("true", "3600"));
        assert!(!verdict("true", "10000"));
        assert!(!verdict("false", "0"));
    }
}
