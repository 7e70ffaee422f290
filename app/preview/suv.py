"""What the values of a PET picture are, and the factor to SUV where the header allows one."""

from __future__ import annotations

from datetime import timedelta

from pydicom import Dataset
from pydicom.valuerep import DA, DT, TM

_UNITS = {"BQML": "Bq/ml", "CNTS": "counts", "GML": "SUV (g/ml)", "PROPCPS": "proportional to counts a second"}


def suv_note(header: Dataset) -> str:
    """One sentence on the values of a picture; empty unless it is PET."""
    if header.get("Modality") != "PT":
        return ""
    units = str(header.get("Units") or "")
    named = _UNITS.get(units, units or "in units that the header does not name")
    if units != "BQML":
        return f"Values are {named}."
    factor, missing = suv_factor(header)
    if factor is None:
        return f"Values are {named}; SUV can't be worked out from this header ({missing})."
    return f"Values are {named}; SUV by body weight = value × {factor:.4g}."


def suv_factor(header: Dataset) -> tuple[float | None, str]:
    """Factor from Bq/ml to SUV by body weight in g/ml, or None and why not.

    It is weight / dose, the dose as it was at the time that the values are corrected to.
    """
    corrected = str(header.get("DecayCorrection") or "")
    weight = float(header.get("PatientWeight") or 0)
    tracers = header.get("RadiopharmaceuticalInformationSequence") or []
    if len(tracers) != 1:
        return None, "one radiopharmaceutical is needed"
    dose = float(tracers[0].get("RadionuclideTotalDose") or 0)
    half_life = float(tracers[0].get("RadionuclideHalfLife") or 0)
    if weight <= 0:
        return None, "the patient's weight is missing"
    if dose <= 0 or half_life <= 0:
        return None, "the dose or its half-life is missing"
    if "ATTN" not in (header.get("CorrectedImage") or ()) or "DECY" not in (header.get("CorrectedImage") or ()):
        return None, "it is not corrected for attenuation and decay"
    if corrected == "ADMIN":
        return weight * 1000 / dose, ""
    if corrected != "START":
        return None, "how decay is corrected is missing"
    waited = _seconds_waited(header, tracers[0])
    if waited is None:
        return None, "the times of injection and scan are missing or contradict each other"
    return weight * 1000 / (dose * 2 ** (-waited / half_life)), ""


def _seconds_waited(header: Dataset, tracer: Dataset) -> float | None:
    """Seconds from the injection to the start of the scan.

    The series' time counts as the start only if no slice was acquired before it: some processing writes its own.
    """
    try:
        start = DT.combine(DA(header.SeriesDate), TM(header.SeriesTime))
        acquired = DT.combine(DA(header.AcquisitionDate), TM(header.AcquisitionTime))
        if start > acquired:
            return None
        if given := tracer.get("RadiopharmaceuticalStartDateTime"):
            waited = start - DT(given).replace(tzinfo=None)
        else:
            injected = DT.combine(start.date(), TM(tracer.RadiopharmaceuticalStartTime))
            waited = start - injected
            if waited < timedelta():  # over midnight
                waited += timedelta(days=1)
    except (AttributeError, TypeError, ValueError):
        return None
    return waited.total_seconds() if timedelta() <= waited < timedelta(hours=12) else None
