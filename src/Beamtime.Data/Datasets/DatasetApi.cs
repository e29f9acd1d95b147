using Beamtime.Core.Access;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Data.Storage;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Data.Datasets;

/// <summary>The REST routes of data sets.</summary>
internal static class DatasetApi
{
    private const string Read = "datasets.read";
    private const int LongestPage = 1000;

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">The routes of this version.</param>
    public static IEndpointRouteBuilder MapDatasets(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/datasets").WithTags("datasets").RequirePermission(Read);
        group.MapGet("", ListAsync).WithName("ListDatasets").Produces<DatasetPage>();
        group.MapGet("/{id}", ShowAsync).WithName("ShowDataset").Produces<DatasetView>();
        group.MapPost("/{id}/retry", RetryAsync).RequirePermission("datasets.retry").WithName("RetryDataset")
            .WithSummary("Has the failed flow of a data set go on at the step that failed")
            .Produces<DatasetView>(StatusCodes.Status202Accepted);
        return routes;
    }

    private static async Task<IResult> ListAsync(
        LedgerStore ledger, int? offset, int? limit, string? beamline, string? name, DatasetStatus? status, CancellationToken cancel)
    {
        if (offset < 0 || limit is < 1 or > LongestPage)
        {
            throw new RefusedException(DatasetErrors.PageInvalid.Because($"offset {offset ?? 0}, limit {limit ?? 100}"));
        }

        var query = new RecordQuery
        {
            Beamline = beamline,
            Name = name,
            Status = status?.ToString(),
            Offset = offset ?? 0,
            Limit = limit ?? 100,
        };
        var page = await ledger.ListRecordsAsync(DatasetStream.Kind, query, cancel);
        return Results.Ok(new DatasetPage([.. page.Items.Select(DatasetSummary.Of)], page.Total, query.Offset, query.Limit));
    }

    private static async Task<IResult> ShowAsync(
        string id, LedgerStore ledger, DatasetStore store, WorkflowStore workflows, DatasetActivity activity, StorageSet storages,
        CancellationToken cancel) =>
        Results.Ok(await ViewAsync(await FindAsync(id, store, cancel), ledger, store, workflows, activity, storages, cancel));

    private static async Task<IResult> RetryAsync(
        string id, LedgerStore ledger, DatasetStore store, WorkflowStore workflows, WorkflowDesk desk, DatasetActivity activity,
        StorageSet storages, Caller caller, CancellationToken cancel)
    {
        var dataset = await FindAsync(id, store, cancel);
        if ((await store.ReadAsync(dataset, cancel))!.Workflow is not { } of)
        {
            throw new RefusedException(DatasetErrors.FlowNotFailed.Because($"no flow takes care of data set {id}"));
        }

        var workflow = new WorkflowId(of);
        if (await workflows.ShowAsync(workflow, cancel) is { Workflow.State: var state } && !state.IsRetryable)
        {
            throw new RefusedException(DatasetErrors.FlowNotFailed.Because($"the flow of data set {id} is {state}"));
        }

        (await desk.RetryAsync(workflow, caller.Who, "its data set was retried", cancel)).OrThrow();
        return Results.Accepted(
            $"/api/v2/datasets/{dataset}", await ViewAsync(dataset, ledger, store, workflows, activity, storages, cancel));
    }

    private static async Task<DatasetId> FindAsync(string id, DatasetStore store, CancellationToken cancel) =>
        Guid.TryParse(id, out var guid) && await store.ReadAsync(new DatasetId(guid), cancel) is not null
            ? new DatasetId(guid)
            : await store.FindAsync(id, cancel)
                ?? throw new RefusedException(DatasetErrors.Unknown.Because($"there is no data set '{id}'"));

    private static async Task<DatasetView> ViewAsync(
        DatasetId dataset, LedgerStore ledger, DatasetStore store, WorkflowStore workflows, DatasetActivity activity,
        StorageSet storages, CancellationToken cancel)
    {
        var state = await ledger.LoadAsync(DatasetStream.Kind, dataset.ToString(), cancel);
        var content = await store.ReadAsync(dataset, cancel);
        var workflow = content!.Workflow is { } of ? await workflows.ShowAsync(new WorkflowId(of), cancel) : null;
        return DatasetView.Of(state, content, storages, workflow, activity[dataset]);
    }
}
