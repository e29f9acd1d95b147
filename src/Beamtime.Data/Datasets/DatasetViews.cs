using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Data.Storage;

namespace Beamtime.Data.Datasets;

/// <summary>One page of data sets, newest first.</summary>
/// <param name="Items">The data sets of this page.</param>
/// <param name="Total">How many match on all pages.</param>
/// <param name="Offset">Data sets passed over.</param>
/// <param name="Limit">Data sets on a page at most.</param>
internal sealed record DatasetPage(IReadOnlyList<DatasetSummary> Items, long Total, int Offset, int Limit);

/// <summary>A data set in a list.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Beamline">The beamline.</param>
/// <param name="Number">Number of the scan.</param>
/// <param name="Made">The scan's name, or what computed it.</param>
/// <param name="End">How the recording ended.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Files">Number of files.</param>
/// <param name="Bytes">Bytes of all files.</param>
/// <param name="Storages">The storages that have files of it.</param>
/// <param name="StartedAt">When the measurement or computation began, UTC.</param>
/// <param name="EndedAt">When it ended, UTC.</param>
/// <param name="RegisteredAt">When it was registered, UTC.</param>
internal sealed record DatasetSummary(
    Guid Id,
    string Name,
    string Origin,
    string Beamline,
    int? Number,
    string Made,
    string? End,
    string Status,
    int Files,
    long Bytes,
    IReadOnlyList<string> Storages,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    DateTimeOffset RegisteredAt)
{
    /// <summary>The summary of a record.</summary>
    /// <param name="record">The record.</param>
    public static DatasetSummary Of(StreamState<DatasetRecord> record)
    {
        var state = record.State!;
        return new DatasetSummary(
            Guid.Parse(record.Id),
            state.Name,
            state.Origin.ToString(),
            state.Beamline,
            state.Number,
            state.Made,
            state.End?.ToString(),
            state.Status.ToString(),
            state.Files,
            state.Bytes,
            state.Storages,
            state.StartedAt,
            state.EndedAt,
            state.RegisteredAt);
    }
}

/// <summary>A copy of a file.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Path">Its file, absolute; null when the storage is not configured any more.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ChangedAt">Since when, UTC.</param>
/// <param name="VerifiedAt">When it was last read back right, UTC.</param>
/// <param name="Problem">What is wrong with it.</param>
internal sealed record CopyView(
    string Storage, string? Path, string State, DateTimeOffset ChangedAt, DateTimeOffset? VerifiedAt, string? Problem);

/// <summary>A file with its copies.</summary>
/// <param name="Path">Path within the data set.</param>
/// <param name="Bytes">Size.</param>
/// <param name="ModifiedAt">Last modification, UTC.</param>
/// <param name="Sha256">Lower-case SHA-256; null for a large file not copied yet.</param>
/// <param name="Copies">Its copies.</param>
internal sealed record FileView(
    string Path, long Bytes, DateTimeOffset ModifiedAt, string? Sha256, IReadOnlyList<CopyView> Copies);

/// <summary>A step of the workflow that takes care of a data set.</summary>
/// <param name="Name">The step.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempt">Attempts begun.</param>
/// <param name="StartedAt">When the last began, UTC.</param>
/// <param name="FinishedAt">When it ended, UTC.</param>
/// <param name="Error">Why it last failed.</param>
/// <param name="Code">The code of that.</param>
/// <param name="RetryAt">When it is tried again, UTC.</param>
internal sealed record FlowStepView(
    string Name,
    string State,
    int Attempt,
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    string? Error,
    string? Code,
    DateTimeOffset? RetryAt);

/// <summary>The workflow that takes care of a data set.</summary>
/// <param name="Id">The workflow.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Code">The code of that.</param>
/// <param name="Remedy">What mends it.</param>
/// <param name="Steps">The steps begun so far.</param>
internal sealed record FlowView(
    Guid Id, string Kind, string State, string? Error, string? Code, string? Remedy, IReadOnlyList<FlowStepView> Steps)
{
    /// <summary>The view of a workflow.</summary>
    /// <param name="report">The workflow with its steps.</param>
    public static FlowView Of(WorkflowReport report) => new(
        report.Workflow.Id.Value,
        report.Workflow.Kind,
        report.Workflow.State.ToString(),
        report.Workflow.Error?.Message,
        report.Workflow.Error?.Code,
        report.Workflow.Error?.Remedy,
        [.. report.Steps.Select(s => new FlowStepView(
            s.Name, s.State.ToString(), s.Attempt, s.StartedAt, s.FinishedAt, s.Error?.Message, s.Error?.Code, s.RetryAt))]);
}

/// <summary>All of a data set.</summary>
/// <param name="Summary">What lists show.</param>
/// <param name="Folder">Its folder on every storage.</param>
/// <param name="Recording">The recording's id.</param>
/// <param name="DerivedFrom">The data sets that it was computed from.</param>
/// <param name="Derived">The data sets that were computed from it.</param>
/// <param name="Files">Its files with their copies.</param>
/// <param name="Parameters">Parameters of the scan or the computation.</param>
/// <param name="Workflow">What takes care of it.</param>
/// <param name="Activity">What is being done with it just now.</param>
internal sealed record DatasetView(
    DatasetSummary Summary,
    string? Folder,
    Guid? Recording,
    IReadOnlyList<Guid> DerivedFrom,
    IReadOnlyList<Guid> Derived,
    IReadOnlyList<FileView> Files,
    IReadOnlyDictionary<string, string> Parameters,
    FlowView? Workflow,
    DatasetProgress? Activity)
{
    /// <summary>Puts together what is known.</summary>
    /// <param name="record">The record.</param>
    /// <param name="content">Files and copies.</param>
    /// <param name="storages">Where copies lie.</param>
    /// <param name="workflow">What takes care of it.</param>
    /// <param name="activity">What is being done just now.</param>
    public static DatasetView Of(
        StreamState<DatasetRecord> record,
        DatasetContent content,
        StorageSet storages,
        WorkflowReport? workflow,
        DatasetProgress? activity)
    {
        var copies = content.Copies.ToLookup(c => c.Path);
        return new DatasetView(
            DatasetSummary.Of(record),
            record.State!.Folder,
            record.State.Recording,
            content.DerivedFrom,
            content.Derived,
            [.. content.Files.Select(f => new FileView(
                f.Path,
                f.Bytes,
                f.ModifiedAt,
                f.Sha256,
                [.. copies[f.Path].Select(c => new CopyView(c.Storage, PathOf(c.Storage, f.Path), c.State.ToString(), c.ChangedAt, c.VerifiedAt, c.Problem))]))],
            content.Parameters,
            workflow is null ? null : FlowView.Of(workflow),
            activity);

        string? PathOf(string storage, string file) =>
            storages.All.FirstOrDefault(p => p.Name == storage) is { } place && record.State!.Folder is { } folder
                ? Path.Combine(place.Folder, folder, file)
                : null;
    }
}
