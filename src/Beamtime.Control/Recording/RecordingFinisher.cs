using System.Globalization;
using System.Security.Cryptography;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Recording;

/// <summary>
/// Makes of live files the final one, syncs and hashes it and registers the recording. Each step may be repeated after
/// a crash in any of them; the registration happens once.
/// </summary>
/// <param name="options">Names and limits.</param>
/// <param name="sections">What techniques add to files, at the moment.</param>
/// <param name="formats">What further files are written.</param>
/// <param name="register">Puts the record into the ledger and ends the open recording in one transaction; once.</param>
/// <param name="log">The log.</param>
internal sealed partial class RecordingFinisher(
    RecordingOptions options,
    Func<IReadOnlyList<FileSection>> sections,
    IReadOnlyList<FileFormat> formats,
    Func<RecordingClosed, CancellationToken, Task> register,
    ILogger<RecordingFinisher> log)
{
    /// <summary>Writes, syncs and names the final file, then removes the live ones.</summary>
    /// <param name="source">The live files; closed afterwards on every path.</param>
    /// <returns>What is to be registered.</returns>
    /// <exception cref="FaultException">The final file could not be written; the live files are kept.</exception>
    public RecordingClosed Close(RecordingSource source)
    {
        var folder = source.Folder;
        try
        {
            using (source)
            {
                var frames = FrameCount.Count(folder.Folder, source.Scan.Frames);
                RecordingClosed closed;
                using (var asynchronous = AsynchronousParts.Open(folder, source.Scan, options.AsynchronousCopiedUpTo))
                {
                    closed = Write(source, frames, asynchronous);
                }

                FolderSync.SyncFile(folder.Unfinished);
                File.Move(folder.Unfinished, folder.Final, overwrite: true);
                FolderSync.SyncNames(folder.Folder);
                closed = Measure(closed, folder);
                RemoveLive(folder, closed);
                return closed;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Discard(folder.Unfinished);
            throw new FaultException(RecordingErrors.Explain(error, RecordingErrors.FinalFailed, folder.Final), error);
        }
    }

    /// <summary>Takes sizes and checksums of a recording's files.</summary>
    /// <param name="closed">The recording; its files' names count, the master's first.</param>
    /// <param name="folder">Where they lie.</param>
    public RecordingClosed Measure(RecordingClosed closed, RecordingFolder folder) => closed with
    {
        Folder = folder.Folder,
        Files = [.. closed.Files.Select(f => Measure(Path.Combine(folder.Folder, f.Name)))],
    };

    /// <summary>Registers a closed recording.</summary>
    /// <param name="closed">The recording.</param>
    /// <param name="cancel">Ends the attempt.</param>
    /// <exception cref="FaultException"><c>recording.register.failed</c>; to be tried again.</exception>
    public async Task RegisterAsync(RecordingClosed closed, CancellationToken cancel)
    {
        try
        {
            await register(closed, cancel);
        }
        catch (Exception error) when (error is System.Data.Common.DbException or IOException or TimeoutException)
        {
            throw RecordingErrors.NotRegistered.Fault($"{closed.Folder}: {error.Message}", error);
        }
    }

    /// <summary>Removes what a recording whose final file is closed has taken in.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="closed">The recording; its files are kept.</param>
    public static void RemoveLive(RecordingFolder folder, RecordingClosed closed)
    {
        foreach (var taken in folder.FindAsynchronous().Where(path => closed.Files.All(f => f.Name != Path.GetFileName(path))))
        {
            File.Delete(taken);
        }

        // From the last on: what is left after a crash in between is still a beginning.
        foreach (var live in folder.FindUnborn().Concat(folder.FindLive().Reverse()))
        {
            File.Delete(live);
        }
    }

    // Gives the space of half a file back; where that fails too, the next attempt writes over it.
    private static void Discard(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The failure that led here is what is told; the next attempt writes over what is left.
        }
    }

    // A section that fails leaves the file in doubt: the file is written anew without it.
    private RecordingClosed Write(RecordingSource source, IReadOnlyList<FrameCount> frames, AsynchronousParts asynchronous)
    {
        var scan = source.Scan;
        var there = frames.Where(f => f.Frames is not null).ToDictionary(f => f.Device, f => f.File);
        var recorded = new RecordedScan(scan.ScanName, source.Rows, there, scan.Parameters);
        var reasons = source.End.Reasons.ToList();
        reasons.AddRange(frames.Where(f => f.Frames is null)
            .Select(f => RecordingErrors.FrameFileMissing.Because($"{f.Device}: {f.File.FileName} cannot be read")));
        reasons.AddRange(asynchronous.Reasons);
        if (source.End.Points > source.Rows)
        {
            reasons.Add(RecordingErrors.PointsLost.Because($"{source.End.Points - source.Rows} of {source.End.Points} points are missing"));
        }

        var applying = Applying(sections(), s => s.AppliesTo(recorded), s => s.Name);
        var further = Applying(formats, f => f.AppliesTo(recorded), f => f.Name);
        while (true)
        {
            var closed = Describe(
                source,
                there.Values.Select(f => f.FileName).Concat(asynchronous.FilesKept)
                    .Concat(further.Select(f => Path.GetFileName(source.Folder.Further(f)))),
                applying,
                recorded);
            var told = source.WithReasons(reasons);
            FinalFile.Write(source.Folder.Unfinished, told, closed, frames, asynchronous, options);
            if (TryEach(applying, section => section.Write(source.Folder.Unfinished, recorded)) is var (failed, failure))
            {
                applying.Remove(failed);
                Add(failed.Name, failure);
            }
            else if (TryEach(further, format => Write(format, source.Folder, recorded)) is var (spoilt, cause))
            {
                further.Remove(spoilt);
                Add(spoilt.Name, cause);
                Discard(source.Folder.Further(spoilt) + ".tmp");
            }
            else
            {
                return closed;
            }
        }

        List<T> Applying<T>(IReadOnlyList<T> plugins, Func<T, bool> applies, Func<T, string> nameOf)
        {
            List<T> wanted = [];
            foreach (var plugin in plugins)
            {
                if (TryEach([plugin], p => wanted.AddRange(applies(p) ? [p] : [])) is var (_, error))
                {
                    Add(nameOf(plugin), error);
                }
            }

            return wanted;
        }

        void Add(string name, Exception error)
        {
            SectionFailed(error, name, scan.Scan);
            reasons.Add(RecordingErrors.SectionFailed.Because($"{name}: {error.Message}"));
        }
    }

    // Named before the master is: a master that has its name has all that its record lists.
    private static void Write(FileFormat format, RecordingFolder folder, RecordedScan recorded)
    {
        var path = folder.Further(format);
        File.Delete(path + ".tmp");
        format.Write(path + ".tmp", folder.Unfinished, recorded);
        FolderSync.SyncFile(path + ".tmp");
        File.Move(path + ".tmp", path, overwrite: true);
    }

    // The edge to plugins' code: what they throw costs what they write, and nothing else.
    private static (T Plugin, Exception Failure)? TryEach<T>(IEnumerable<T> plugins, Action<T> run)
    {
        foreach (var plugin in plugins)
        {
            try
            {
                run(plugin);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                return (plugin, error);
            }
        }

        return null;
    }

    private static RecordingClosed Describe(
        RecordingSource source, IEnumerable<string> frames, List<FileSection> applying, RecordedScan recorded) => new(
        source.Scan.Scan,
        source.Scan.Beamline,
        source.Scan.Number,
        source.Scan.ScanName,
        source.End.End,
        source.Rows,
        source.Scan.StartedAt,
        source.End.At,
        source.Folder.Folder,
        [.. frames.Prepend(Path.GetFileName(source.Folder.Final)).Distinct().Select(n => new RecordedFile(n, 0, default, null))],
        [.. applying.Select(s => s.Name)],
        source.Scan.UserMetadata
            .Concat(recorded.Parameters)
            .Concat(source.Scan.Account is { } account ? [KeyValuePair.Create("account", account)] : [])
            .Concat(source.Scan.Dataset is { } dataset
                ? [KeyValuePair.Create("dataset_number", dataset.ToString(CultureInfo.InvariantCulture))] : [])
            .Concat(source.Scan.Group is { } group
                ? [KeyValuePair.Create("scan_group", group.Id.ToString()), KeyValuePair.Create("scan_group_name", group.Name)] : [])
            .GroupBy(p => p.Key, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.Last().Value, StringComparer.Ordinal));

    private RecordedFile Measure(string path)
    {
        using var file = File.OpenRead(path);
        return new RecordedFile(
            Path.GetFileName(path),
            file.Length,
            File.GetLastWriteTimeUtc(path),
            file.Length <= options.HashedUpTo ? Convert.ToHexStringLower(SHA256.HashData(file)) : null);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Section {Section} could not be written into the file of scan {Scan}")]
    private partial void SectionFailed(Exception error, string section, Guid scan);
}
