using System.Net;
using Beamtime.Core.Database;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Bench.Scans;

/// <summary>A server of one route that inserts a row, commits and answers: what any durable request costs.</summary>
internal sealed class RowRequest : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _client;

    private RowRequest(WebApplication app)
    {
        _app = app;
        _client = new HttpClient
        {
            BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()),
        };
    }

    /// <summary>Starts it on a database.</summary>
    /// <param name="database">Takes the rows.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<RowRequest> StartAsync(BeamtimeDatabase database, CancellationToken cancel)
    {
        await using (var table = database.Owner.CreateCommand(
            "create table if not exists bench_requests (id uuid primary key, body jsonb not null)"))
        {
            await table.ExecuteNonQueryAsync(cancel);
        }

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.MapPost("/rows", (HttpRequest request, CancellationToken ended) => InsertAsync(database, request, ended));
        await app.StartAsync(cancel);
        return new RowRequest(app);
    }

    /// <summary>Sends one request and waits for its answer.</summary>
    /// <param name="body">What to send.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task SendAsync(HttpContent body, CancellationToken cancel)
    {
        using var answer = await _client.PostAsync(new Uri("/rows", UriKind.Relative), body, cancel);
        answer.EnsureSuccessStatusCode();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    private static async Task<IResult> InsertAsync(BeamtimeDatabase database, HttpRequest request, CancellationToken cancel)
    {
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(cancel);
        await using var insert = database.Source.CreateCommand("insert into bench_requests (id, body) values ($1, $2)");
        insert.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7(BenchRoom.Time.GetUtcNow()) });
        insert.Parameters.Add(new NpgsqlParameter { Value = body, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Jsonb });
        await insert.ExecuteNonQueryAsync(cancel);
        return TypedResults.Accepted((string?)null);
    }
}
