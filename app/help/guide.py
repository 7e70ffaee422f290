"""What Help tells beside the glossary: ways to IDC's data, and what to do when something fails."""

from __future__ import annotations

from dataclasses import dataclass

FORUM = "https://discourse.canceridc.dev"


@dataclass(frozen=True, slots=True)
class Access:
    """One way to the data: what it is good for, what it needs, what to know; `link` may be empty."""

    task: str
    way: str
    login: str
    note: str
    link: str = ""


ACCESS = (
    Access(
        "Find, understand and take away a cohort",
        "This app",
        "none",
        "Works on the index alone, without a network. On a command line: python -m app counts QUERY.",
    ),
    Access(
        "Query and download from Python or a shell",
        "idc-index",
        "none",
        "pip install idc-index. The SQL and Python of every cohort here run in it. Check the files afterwards: it can"
        " end without an error although some are missing.",
        "https://github.com/ImagingDataCommons/idc-index",
    ),
    Access(
        "Look around without installing anything",
        "IDC Portal",
        "none",
        "IDC's own site. Its links open here too: Tools, Import.",
        "https://portal.imaging.datacommons.cancer.gov",
    ),
    Access(
        "Copy many files to a cluster or bucket",
        "Public buckets",
        "none",
        "On Amazon S3 and Google Cloud Storage, with s5cmd, aws or gcloud; a manifest names the folders. Ask for"
        " anonymous access, for example --no-sign-request.",
    ),
    Access(
        "All DICOM attributes, or joins with tables of your own",
        "BigQuery",
        "Google",
        "bigquery-public-data.idc_current, billed to your project by what a query reads. Explore's SQL tab writes the"
        " query.",
        "https://console.cloud.google.com/bigquery",
    ),
    Access(
        "Connect a viewer or a program that speaks DICOMweb",
        "DICOMweb",
        "none, or Google",
        "The public proxy only reads, and serves 137 GB a day to an address. For more, use Google's own store with a"
        " login, or the buckets.",
    ),
    Access(
        "Ask from any programming language",
        "REST API",
        "none",
        "IDC's service at api.imaging.datacommons.cancer.gov/v3: counts, manifests, SQL. This app answers the same"
        " questions under /api/.",
        "https://api.imaging.datacommons.cancer.gov/v3",
    ),
    Access(
        "See, measure and segment on your desktop",
        "3D Slicer",
        "none",
        "Its extension SlicerIDCBrowser downloads series by their identifiers or from a manifest of Explore's Data"
        " tab.",
        "https://www.slicer.org",
    ),
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure as a user meets it, why it happens, and what to do."""

    symptom: str
    cause: str
    remedy: str


TROUBLES = (
    Trouble(
        "A download ended without an error, but files are missing",
        "idc-index's downloads end normally when a host can't be reached or refuses files, and the bar may show 100 %.",
        "Believe the files, not the message: check the folder with Tools, Validate, or python -m app validate DIR"
        " QUERY. A second run fetches what is missing.",
    ),
    Trouble(
        "A download stands still",
        "A server that stops sending is waited for without a limit by some tools.",
        "End it and start it again. Downloads of this app give up on a silent server, try again, and name what failed.",
    ),
    Trouble(
        "A bucket answers Access Denied, or asks for credentials",
        "The buckets are public, but tools sign their requests unless told otherwise.",
        "Ask anonymously: --no-sign-request for s5cmd and aws. The buckets on Amazon are in us-east-1.",
    ),
    Trouble(
        "IDCClient takes minutes, or several gigabytes",
        "It reads the whole index into a table of pandas; with pandas 3, every query converts it anew.",
        "Use pandas 2.3, or query the parquet files of idc-index-data with DuckDB, which takes milliseconds.",
    ),
    Trouble(
        "A Python program with threads hangs in IDCClient",
        "Two threads in one client can block one another for good.",
        "One client to a process, and one thread that talks to it.",
    ),
    Trouble(
        "SQL says that column “MR” was not found",
        "Double quotes name columns; texts take single ones.",
        "Write Modality = 'MR'.",
    ),
    Trouble(
        "SQL says that CancerTypes, or another column, was not found",
        "Columns are renamed between releases; CancerTypes is cancer_types now.",
        "Look the names up in indices_overview of the client, or in docs/query.md.",
    ),
    Trouble(
        "My count of patients is smaller than here",
        "Some PatientIDs stand in two collections and are different people.",
        "Count pairs of collection_id and PatientID.",
    ),
    Trouble(
        "A filter on body part leaves out what I want",
        "BodyPartExamined is missing for nearly half of all series, and for all slides. Of a segmentation, it is the"
        " body part of its source, not what was segmented.",
        "Add “missing” to the filter, or filter by collection or tumor location.",
    ),
    Trouble(
        "A filter on cancer type finds patients with other cancers",
        "Cancer type, tumor location and species describe a whole collection.",
        "Take the diagnosis of each patient from the collection's clinical data.",
    ),
    Trouble(
        "Study dates lie in 1880, or in the future",
        "Dates were moved to protect patients, by another span for each.",
        "Compare dates of the same patient only, for example “within 30 days”.",
    ),
    Trouble(
        "The viewer shows nothing, or no segmentation",
        "Segmentations, contours and reports have no picture of their own.",
        "Open the study: links of this app do, with the source image first. Slides open in SLIM, the rest in OHIF;"
        " downloaded ones open here too, where the viewer is installed.",
    ),
    Trouble(
        "A series of my old manifest is gone",
        "A UUID names one version of a series. When it is revised, the new version has another UUID.",
        "Paste the list under Tools, Import: it says which series are there, and which release held the others last.",
    ),
    Trouble(
        "I may not use some of my series",
        "A cohort can hold series under CC BY-NC or under terms of their own; the bucket does not tell.",
        "Choose “allowed” under Commercial use, and read Explore's Licenses tab.",
    ),
    Trouble(
        "The DICOMweb proxy refuses requests",
        "It serves a daily amount to each address.",
        "Wait for the next day, or fetch the files from the buckets.",
    ),
    Trouble(
        "Citations can't be fetched from dx.doi.org",
        "Other tools ask that service for each DOI, and it is not always there.",
        "Take them from Explore's Citations tab: they come with the index, without a network.",
    ),
    Trouble(
        "There are no downloads on these pages",
        "Whoever runs this app has not named a folder for them.",
        "Set IDC_COHORT_DOWNLOAD_ROOT, or use a manifest or a script from Explore's Data tab.",
    ),
    Trouble(
        "A question in plain words is understood wrongly",
        "The words are read by fixed rules, which Help lists under “Asking”.",
        "Look at what each phrase was taken for, name the attribute (“collection prostate mri”), or go on in Explore.",
    ),
)

#: How questions are read, rule by rule.
RULES = (
    "The longest phrase wins: “lung cancer” is a cancer type, “lung” a body part.",
    "A word that could be several things is a modality, else a body part, a species, a license, a cancer type, a tumor"
    " location, a program, and last a collection. To mean a collection whose name is made of such words, write it in"
    " one piece (prostate_mri) or say “collection prostate mri”. The same works for other attributes: “model Skyra”.",
    "Slides have no body part, so an organ beside “slides” is a tumor location.",
    "Several values of one attribute are alternatives: “CT and MR” gives series of both kinds. “lung CT or brain MR”"
    " keeps the pairs together.",
    "Behind “with”, a modality is asked of the same study: “breast MR with segmentations”. After “patients with” it is"
    " asked of the patient. Slides are always asked of the patient, since they have studies of their own.",
    "“Without” works alike where another modality is named (“CT without segmentations”); where none is, it leaves those"
    " series out (“without SR”). “Not”, “except” and “everything but” leave out what follows.",
    "A limit in GB or TB is for the whole cohort, kept by drawing patients; one in MB, or “each”, is for a series.",
    "“20 patients” draws 20. “At least 3 studies” asks how many a patient has.",
    "“Over 60” leaves 60 out, “60 or older” and “at least 60” include it.",
    "“New” means the latest release. Years need a word such as “since”, “before” or “from 2001 to 2004”.",
    "Text in quotes is looked for in the series description; a UID is looked up as that of a series or a study.",
    "A slip in a longer word is mended if only one word is near, and said. Everything else is named as not understood.",
)
