"""What is taken out of a case's record, and what is not."""

from conformance.evidence.case_records import CaseRecord
from conformance.evidence.recording import without_secrets
from conformance.evidence.secrets import Secrets


def test_a_password_that_is_a_word_of_the_case_s_name_is_taken_out_of_all_but_that() -> None:
    case = "test_login.py::test_a_wrong_login[wrong]"
    record = CaseRecord(case=case, family="login", verdict="failed", behaviour="A wrong login is refused.")
    cleared = without_secrets(record, Secrets(["wrong"]))
    assert cleared.case == "test_login.py::test_a_wrong_login[[redacted]]"
    assert cleared.behaviour == record.behaviour


def test_what_is_no_name_in_a_file_has_no_secret() -> None:
    record = CaseRecord(case="The password is horse", family="", verdict="passed", reason="it was horse")
    cleared = without_secrets(record, Secrets(["horse"]))
    assert (cleared.case, cleared.reason) == ("The password is [redacted]", "it was [redacted]")
