using System.Text.Json;
using Beamtime.Core.Access;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Roles;

/// <summary>The ledger whole, over REST: exports, and the comparison of records with their entries.</summary>
internal static class LedgerApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps exports and rebuilds.</summary>
        public IEndpointRouteBuilder MapLedger()
        {
            routes.MapGet("/ledger/kinds", ListKinds).RequirePermission("timeline.read")
                .WithSummary("The kinds of streams, with the types and versions of their entries")
                .Produces<LedgerKindAnswer[]>();
            routes.MapGet("/ledger/export", Export).RequirePermission("ledger.export")
                .WithSummary("Entries as lines of JSON in their order: a header, an entry a line, an end with number and SHA-256")
                .Produces(StatusCodes.Status200OK, null, LedgerExport.MediaType);
            routes.MapPost("/ledger/rebuild", Rebuild).RequirePermission("ledger.rebuild").OnRepeat(Repeat.IsHarmless)
                .WithSummary("Folds all streams anew and compares: a line of JSON for each record that differs, an end with the numbers")
                .Produces(StatusCodes.Status200OK, null, LedgerExport.MediaType);
            return routes;
        }
    }

    private static IResult ListKinds(StreamKindSet kinds) => TypedResults.Ok(
        kinds.All.Select(kind => new LedgerKindAnswer(
            kind.Name, kind.FoldVersion, [.. kind.Known.Select(type => new LedgerTypeAnswer(type.Type, type.Version))])).ToArray());

    private static IResult Export(
        LedgerExport export,
        StreamKindSet kinds,
        string? kind = null,
        string? id = null,
        Guid? who = null,
        DateTimeOffset? since = null,
        string? after = null)
    {
        if (id is not null && kind is null)
        {
            throw new RefusedException(LedgerErrors.FilterInvalid.Because($"id {id} needs the kind of its stream"));
        }

        var query = new ExportQuery
        {
            Kind = kind is null ? null : kinds[kind].Name,
            Id = id,
            Who = who is { } person ? new PersonId(person) : null,
            Since = since,
            After = after is null ? default : LedgerExport.Cursor(after),
        };
        return new LinesAnswer((output, cancel) => export.WriteAsync(output, query, cancel));
    }

    private static IResult Rebuild(
        Core.Database.BeamtimeDatabase database, StreamKindSet kinds, string? kind = null, bool check = true)
    {
        if (kind is not null)
        {
            _ = kinds[kind];
        }

        return new LinesAnswer(async (output, cancel) =>
        {
            var rebuild = new RecordRebuild(database, kinds);
            var (different, corrected) = (0L, 0L);
            await foreach (var difference in rebuild.RunAsync(kind, correct: !check, cancel))
            {
                different += difference is null ? 0 : 1;
                corrected += difference is { IsCorrected: true } ? 1 : 0;
                await WriteAsync(output, new RebuildLine(rebuild.Examined, difference, null), cancel);
            }

            await WriteAsync(output, new RebuildLine(rebuild.Examined, null, new RebuildEnd(different, corrected)), cancel);
        });
    }

    private static async Task WriteAsync(Stream output, RebuildLine line, CancellationToken cancel)
    {
        await JsonSerializer.SerializeAsync(output, line, Cli.BeamtimeClient.Json, cancel);
        await output.WriteAsync("\n"u8.ToArray(), cancel);
        await output.FlushAsync(cancel);
    }

    private sealed class LinesAnswer(Func<Stream, CancellationToken, Task> write) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = LedgerExport.MediaType;
            return write(httpContext.Response.Body, httpContext.RequestAborted);
        }
    }
}

/// <summary>A kind of stream.</summary>
/// <param name="Name">Its name.</param>
/// <param name="FoldVersion">The version of its fold.</param>
/// <param name="Types">Its entries.</param>
internal sealed record LedgerKindAnswer(string Name, short FoldVersion, IReadOnlyList<LedgerTypeAnswer> Types);

/// <summary>A type of entry that can be read.</summary>
/// <param name="Type">Its name.</param>
/// <param name="Version">Its version.</param>
internal sealed record LedgerTypeAnswer(string Type, int Version);

/// <summary>A line of a rebuild.</summary>
/// <param name="Examined">Streams that were looked at so far.</param>
/// <param name="Difference">A record that differs; null on other lines.</param>
/// <param name="End">The numbers, on the last line.</param>
internal sealed record RebuildLine(long Examined, RecordDifference? Difference, RebuildEnd? End);

/// <summary>How a rebuild ended.</summary>
/// <param name="Different">Records that differed.</param>
/// <param name="Corrected">Those that were written anew.</param>
internal sealed record RebuildEnd(long Different, long Corrected);
