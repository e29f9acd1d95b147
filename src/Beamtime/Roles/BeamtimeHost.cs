using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Control;
using Beamtime.Control.Devices;
using Beamtime.Core.Access;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Jobs;
using Beamtime.Core.Settings;
using Beamtime.Core.Workflows;
using Beamtime.Data;
using Beamtime.Data.Storage;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Beamtime.Roles;

/// <summary>
/// The program with all its roles in this process: opens the database, connects devices, recovers what a dead program
/// left, then serves REST and runs the loops until it is stopped.
/// </summary>
internal sealed class BeamtimeHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly BeamtimeDatabase _database;
    private readonly DeviceRoster _roster;

    private BeamtimeHost(WebApplication app, BeamtimeDatabase database, DeviceRoster roster)
    {
        _app = app;
        _database = database;
        _roster = roster;
    }

    /// <summary>Where REST is served: <c>http://127.0.0.1:8750</c>.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features
        .Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>What the host is made of, for tests.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Everything that maps routes, for the test of permissions.</summary>
    public EndpointDataSource Routes => new CompositeEndpointDataSource(((IEndpointRouteBuilder)_app).DataSources);

    /// <summary>Starts the program.</summary>
    /// <param name="launch">Site, settings and plugins.</param>
    /// <param name="cancel">Gives up starting.</param>
    /// <exception cref="RefusedException">Settings, devices or the data folder are refused; nothing was started.</exception>
    public static async Task<BeamtimeHost> StartAsync(HostLaunch launch, CancellationToken cancel)
    {
        var time = launch.Time;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Configuration.Sources.Clear();
        launch.ConfigureLogging(builder.Logging);
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, launch.Settings.Get<ApiOptions>().Port));
        using var logs = LoggerFactory.Create(launch.ConfigureLogging);
        var folder = ClusterFolder.For(launch.Database).Root;
        var devices = DeviceFile.Read(launch.Site.DevicesFile);

        var database = await BeamtimeDatabase.OpenAsync(launch.Database, time, logs, cancel);
        DeviceRoster? roster = null;
        try
        {
            await database.MigrateAsync(Migrations, cancel);
            var storages = StorageSet.Open(launch.Settings.Get<StorageOptions>(), folder);
            roster = await DeviceRoster.ConnectAsync(
                devices,
                launch.Plugins,
                launch.Settings.Get<DeviceOptions>(),
                time,
                logs.CreateLogger<DeviceRoster>(),
                cancel);
            builder.Services
                .AddSettings(launch.Settings)
                .AddSingleton(launch.Site)
                .AddSingleton(launch.Plugins)
                .AddSingleton(time)
                .AddSingleton(database)
                .AddSingleton(new StartTime(time.GetUtcNow()))
                .AddSingleton<LedgerStore>()
                .AddAccess(launch.Settings.Get<AccessOptions>())
                .AddOpenApi("v2", openApi => openApi.AddDocumentTransformer(Describe))
                .AddJobs()
                .AddWorkflows(Environment.ProcessId)
                .AddControl(launch.Settings, roster, storages.Recordings.Folder, folder)
                .AddData(storages)
                .ConfigureHttpJsonOptions(json =>
                {
                    json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
                    json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
                });
            builder.Services.AddSingleton<HostFailure>();
            foreach (var place in Enumerable.Range(0, ControlRegistration.LoopCount + DataRegistration.LoopCount))
            {
                builder.Services.AddSingleton<IHostedService>(s => LoopAt(s, place));
            }

            var app = builder.Build();
            app.UseAccess();
            app.MapOpenApi("/api/{documentName}/openapi.json").RequirePermission(Permissions.Anyone);
            app.MapGroup("/api/v2")
                .WithMetadata(
                    new ProducesResponseTypeMetadata(StatusCodes.Status404NotFound, typeof(Problem), [Problem.MediaType]),
                    new ProducesResponseTypeMetadata(StatusCodes.Status422UnprocessableEntity, typeof(Problem), [Problem.MediaType]))
                .MapStatus().MapControl().MapData();
            if (database.Cluster is not null)
            {
                await new JobLeases(database.Source).ForfeitAllAsync(cancel);
            }

            await app.Services.RecoverControlAsync(cancel);
            await StartAsync(app, cancel);
            return new BeamtimeHost(app, database, roster);
        }
        catch
        {
            if (roster is not null)
            {
                await roster.DisposeAsync();
            }

            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>The migrations of all parts.</summary>
    public static MigrationSet Migrations { get; } = MigrationSet.Of(
        typeof(BeamtimeDatabase).Assembly, typeof(ControlRegistration).Assembly, typeof(DataRegistration).Assembly);

    /// <summary>True when a loop failed and stopped the program.</summary>
    public bool HasFailed => _app.Services.GetRequiredService<HostFailure>().HasFailed;

    /// <summary>Waits until the program is told to stop.</summary>
    /// <param name="cancel">Tells it.</param>
    public async Task WaitAsync(CancellationToken cancel)
    {
        await using var stop = cancel.UnsafeRegister(
            static app => ((WebApplication)app!).Lifetime.StopApplication(), _app);
        await _app.WaitForShutdownAsync(CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await _roster.DisposeAsync();
        await _database.DisposeAsync();
    }

    // The document is the same wherever the program runs.
    private static Task Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancel)
    {
        document.Info = new OpenApiInfo { Title = "Beamtime", Version = "v2", Description = "Carries an experiment from a ready beam to archived, catalogued data." };
        document.Servers = [];
        return Task.CompletedTask;
    }

    private static RoleLoop LoopAt(IServiceProvider services, int place)
    {
        var (name, run) = place < ControlRegistration.LoopCount
            ? services.ControlLoops()[place]
            : services.DataLoops()[place - ControlRegistration.LoopCount];
        return new RoleLoop(
            name, run, services.GetRequiredService<HostFailure>(), services.GetRequiredService<ILogger<RoleLoop>>());
    }

    private static async Task StartAsync(WebApplication app, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (IOException taken) when (taken.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            await app.DisposeAsync();
            throw new RefusedException(RoleErrors.PortTaken.Because(taken.Message));
        }
    }
}
