using Beamtime.Hdf5;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Recording;

/// <summary>What can go wrong while a scan is put into files.</summary>
internal static class RecordingErrors
{
    /// <summary>No space.</summary>
    public static readonly ErrorCode DiskFull = new(
        "recording.disk.full",
        "The disk of the data folder, or the quota on it, is full.",
        "Free space on it; the file is then finished by itself.",
        RetryClass.Later);

    /// <summary>No rights, or no folder.</summary>
    public static readonly ErrorCode FolderUnwritable = new(
        "recording.folder.unwritable",
        "The data folder cannot be made or written.",
        "Give the program's account the right to write there, or give the storage of the recordings another folder (storage.places).",
        RetryClass.Later);

    /// <summary>A name that may not be used.</summary>
    public static readonly ErrorCode FolderInvalid = new(
        "recording.folder.invalid",
        "A folder or suffix has characters that are not allowed, or leads out of the data folder.",
        "Use letters, digits, _ and -; give a folder relative to the data folder without '..'.");

    /// <summary>A folder that needs to know more.</summary>
    public static readonly ErrorCode FolderUnknown = new(
        "recording.folder.unknown",
        "The folder of recordings names an account or a user that is not known for this scan.",
        "Give the request an account, set recording.account, or take $account or $username out of recording.folder.");

    /// <summary>Nothing recorded.</summary>
    public static readonly ErrorCode NotRecorded = new(
        "recording.unknown",
        "No recorded scan has that number or id; one that waits, runs or is being closed is not in the history yet.",
        "List recorded scans with 'beamtime scan history', and scans that run with 'beamtime queue'.");

    /// <summary>The process that reads files ended.</summary>
    public static readonly ErrorCode ReaderDied = new(
        "recording.reader.died",
        "The process that reads files of scans ended or was too slow: the file may be damaged, or its disk away.",
        "Ask again; if it happens with one scan only, look at its file with h5dump and restore it from a copy.",
        RetryClass.Later);

    /// <summary>A recording is there already.</summary>
    public static readonly ErrorCode FolderTaken = new(
        "recording.folder.taken",
        "A recording of this number exists already in the folder.",
        "Give each beamline a data folder of its own ($beamline in recording.folder), or move the old files away.");

    /// <summary>The live file could not be written.</summary>
    public static readonly ErrorCode LiveFailed = new(
        "recording.live.failed",
        "The file of the running scan could not be written.",
        "The message is the file library's own; mend the cause, the scan was aborted.",
        RetryClass.Later);

    /// <summary>The live file cannot be read.</summary>
    public static readonly ErrorCode LiveUnreadable = new(
        "recording.live.unreadable",
        "The file that a running scan left behind cannot be read.",
        "It is kept beside the recording under its name with .unreadable; a specialist may still get data from it.");

    /// <summary>The final file could not be written.</summary>
    public static readonly ErrorCode FinalFailed = new(
        "recording.final.failed",
        "The final file of a scan could not be written.",
        "The live file keeps the data; mend the cause and the final file is written by itself.",
        RetryClass.Later);

    /// <summary>The final file is there, its record is not.</summary>
    public static readonly ErrorCode NotRegistered = new(
        "recording.register.failed",
        "The final file is closed, but the ledger did not take its record.",
        "Nothing is lost: it is tried again until the database answers.",
        RetryClass.Later);

    /// <summary>A plugin's section or format failed.</summary>
    public static readonly ErrorCode SectionFailed = new(
        "recording.section.failed",
        "A technique's part of the final file, or a further file in another format, could not be written; the rest was.",
        "The message is the plugin's own; mend the cause and write the part from the file anew.");

    /// <summary>No such format.</summary>
    public static readonly ErrorCode FormatUnknown = new(
        "recording.format.unknown",
        "The settings name a file format that no plugin has, or one that cannot be part of a file's name.",
        "Correct recording.formats, or install the plugin.");

    /// <summary>A reading that does not fit.</summary>
    public static readonly ErrorCode ValueUnfit = new(
        "recording.value.unfit",
        "A device gave a value that does not fit what its signal states; it was recorded as missing or cut.",
        "Correct the type, shape or length that the device states for the signal.");

    /// <summary>Points that are not in the file.</summary>
    public static readonly ErrorCode PointsLost = new(
        "recording.points.lost",
        "Points were taken that are not in the file.",
        "See the fault before it; the scan has to be repeated from the first lost point.");

    /// <summary>The program died while the scan ran.</summary>
    public static readonly ErrorCode Interrupted = new(
        "recording.interrupted",
        "The program or a part of it died while the scan ran; the file holds what was measured until then.",
        "Repeat the scan, or the part of it that is missing.");

    /// <summary>A linked file is missing.</summary>
    public static readonly ErrorCode FrameFileMissing = new(
        "recording.frames.missing",
        "A file that a device was to write does not exist or cannot be read.",
        "Check the device's own log; the recording is complete but for this file.");

    /// <summary>Asynchronous data that are not there.</summary>
    public static readonly ErrorCode AsynchronousMissing = new(
        "recording.async.missing",
        "The file of a device's asynchronous data does not exist or cannot be read.",
        "Check the device's own log; the recording is complete but for these data.");

    /// <summary>Asynchronous data that are not whole.</summary>
    public static readonly ErrorCode AsynchronousPartial = new(
        "recording.async.partial",
        "Not all asynchronous data of a device are in the file: writing them failed or ended early, or values did not fit.",
        "See the device's fault before it; what was written before it is in the file.");

    /// <summary>The code for an exception of the file system or the file library.</summary>
    /// <param name="error">The exception.</param>
    /// <param name="otherwise">The code where the exception tells nothing closer.</param>
    /// <param name="subject">What was being done.</param>
    public static Reason Explain(Exception error, ErrorCode otherwise, string subject)
    {
        var text = error is Hdf5Exception { Messages: var messages }
            ? $"{error.Message} {string.Join("; ", messages.Select(m => m.Description))}"
            : error.Message;
        var code = error switch
        {
            FaultException or RefusedException => null,
            UnauthorizedAccessException or DirectoryNotFoundException => FolderUnwritable,
            _ when Has("No space left", "quota exceeded", "File too large") => DiskFull,
            _ when Has("Permission denied", "Read-only file system", "Not a directory", "No such file or directory") =>
                FolderUnwritable,
            _ => otherwise,
        };
        return code?.Because($"{subject}: {text}") ?? error switch
        {
            FaultException fault => fault.Reason,
            RefusedException refused => refused.Reasons[0],
            _ => throw new System.Diagnostics.UnreachableException(),
        };

        bool Has(params ReadOnlySpan<string> words)
        {
            foreach (var word in words)
            {
                if (text.Contains(word, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
