using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Control;
using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Configuration;
using Beamtime.Control.Scans;
using Beamtime.Control.Scripts;
using Beamtime.Core.Access;
using Beamtime.Core.Access.Secrets;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Jobs;
using Beamtime.Core.Jobs.Schedules;
using Beamtime.Core.Settings;
using Beamtime.Core.Topics;
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
/// The program with the roles of one process: opens the database, connects devices, recovers what a dead program left,
/// then serves REST and runs the loops until it is stopped.
/// </summary>
internal sealed partial class BeamtimeHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Stack<IAsyncDisposable> _held;

    private BeamtimeHost(WebApplication app, Stack<IAsyncDisposable> held)
    {
        _app = app;
        _held = held;
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
        var door = new ApiDoor(launch.Api, time);
        builder.WebHost.ConfigureKestrel(door.Listen);
        using var logs = LoggerFactory.Create(launch.ConfigureLogging);
        var roles = launch.Roles;
        RequireConnection(launch);
        var folder = ClusterFolder.For(launch.Database).Root;
        var listing = roles.IsAtBeamline ? ReadSite(launch.Site, logs.CreateLogger<BeamtimeHost>()) : new DeviceListing([], [], []);
        door.RequireFree();

        // Given back in the reverse order, when the program stops or when it does not start.
        var held = new Stack<IAsyncDisposable>();
        if (launch.LogSinks is { } sinks)
        {
            held.Push(sinks);
        }

        try
        {
            // Before the database is touched: a mistake in deviceConfig leaves nothing behind.
            var devices = await ConstructAsync(listing, launch, time);
            held.Push(devices);
            if (launch.Database.IsExternal)
            {
                // A private cluster holds the lock of its folder itself.
                foreach (var role in roles.OnePerBeamline)
                {
                    held.Push(FolderLock.TakeRole(folder, RoleSet.NameOf(role)));
                }
            }

            var database = await BeamtimeDatabase.OpenAsync(launch.Database, time, logs, cancel);
            held.Push(database);
            var beamline = launch.Settings.Get<ScanOptions>().Beamline;
            var beamlineLock = await SessionLock.TakeAsync(
                database.Source,
                [.. roles.OnePerBeamline.Select(role => ($"beamtime {beamline} {RoleSet.NameOf(role)}",
                    RoleErrors.BeamlineTaken.Because($"{RoleSet.NameOf(role)} of beamline {beamline} is run by another program")))],
                time,
                cancel);
            held.Push(beamlineLock);
            await database.MigrateAsync(Migrations, cancel);
            var access = launch.Settings.Get<AccessOptions>();
            var masterKey = await new MasterKeySource(access, database, time).OpenAsync(cancel);
            await door.RequireUsersAsync(new UserStore(database), cancel);
            var storages = StorageSet.Open(launch.Settings.Get<StorageOptions>(), folder);
            builder.Services
                .AddSettings(launch.Settings)
                .AddSingleton(launch.Site)
                .AddSingleton(launch.Plugins)
                .AddSingleton(time)
                .AddSingleton(database)
                .AddSingleton(new StartTime(time.GetUtcNow()))
                .AddSingleton<LedgerStore>()
                .AddSingleton(StreamKinds)
                .AddSingleton<TimelineStore>()
                .AddSingleton<LedgerExport>()
                .AddSingleton<PeopleStore>()
                .AddAccess(access, door.Edge)
                .AddUsers(access, masterKey)
                .AddIdempotency()
                .AddSight(launch)
                .AddOpenApi("v2", openApi => openApi.AddDocumentTransformer(DescribeAsync).AddSchemaTransformer(ArgumentSchemas.DescribeAsync))
                .AddSingleton(roles)
                .AddJobs()
                .AddSingleton(s => new TopicEpochs(database.Source, time, s.GetRequiredService<ILogger<TopicEpochs>>()))
                .AddTopics(
                    (s, cancel) => s.GetRequiredService<TopicEpochs>().NextAsync(cancel), folder, roles.ToString())
                .AddWorkflows(Environment.ProcessId)
                .AddData(storages)
                .ConfigureHttpJsonOptions(json =>
                {
                    json.SerializerOptions.AllowOutOfOrderMetadataProperties = true;
                    json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
                    json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower));
                });
            var parts = PartsOf(launch);
            if (parts.HasFlag(ControlParts.Api))
            {
                builder.Services.AddControlApi(beamline, storages.Recordings.Folder);
            }

            if (parts.HasFlag(ControlParts.DeviceServer))
            {
                var (revision, entries) = await BeginDevicesAsync(
                    new ConfigurationStore(database, new LedgerStore(database, time), time), beamline, listing, launch, logs.CreateLogger<BeamtimeHost>(), cancel);
                if (!entries.SequenceEqual(listing.Entries))
                {
                    await devices.DisposeAsync();
                    devices.Put(await ConstructedAsync(entries, launch, time));
                }

                var roster = await DeviceRoster.ConnectAsync(
                    devices.Take(),
                    revision,
                    launch.Settings.Get<DeviceOptions>(),
                    time,
                    logs.CreateLogger<DeviceRoster>(),
                    cancel);
                held.Push(roster);
                builder.Services.AddDeviceServer(beamline, roster, folder);
            }

            if (parts.HasFlag(ControlParts.Bundler))
            {
                builder.Services.AddBundler(beamline);
            }

            if (parts.HasFlag(ControlParts.FileWriter))
            {
                builder.Services.AddFileWriter(beamline, storages.Recordings.Folder);
            }

            if (parts.HasFlag(ControlParts.ScanServer))
            {
                builder.Services.AddScanServer(beamline, storages.Recordings.Folder);
            }

            builder.Services
                .Configure<HostOptions>(host => host.ShutdownTimeout = launch.Settings.Get<RoleOptions>().StopLimit)
                .AddSingleton<HostFailure>()
                .AddSingleton(s => new RoleLoops([.. LoopsOf(s, roles, parts, beamlineLock)]))
                .AddHostedService(s => s.GetRequiredService<RoleLoops>());
            var app = builder.Build();
            if (roles.Has(Role.Worker) && parts.HasFlag(ControlParts.Api))
            {
                app.Services.GetRequiredService<JobHandlers>().AddScripts(app.Services);
            }

            door.UseProxies(app);
            app.UseAccess();
            MapRoutes(app, roles, parts);
            if (database.Cluster is not null)
            {
                await new JobLeases(database.Source).ForfeitAllAsync(cancel);
                await app.Services.GetRequiredService<IdempotencyStore>().AbandonAllAsync(cancel);
            }

            await app.Services.RecoverControlAsync(parts, cancel);

            await StartAsync(app, cancel);
            var host = new BeamtimeHost(app, held);
            host.SignInLocally(access, launch.Database.RuntimeFolder);
            return host;
        }
        catch
        {
            await GiveBackAsync(held);
            throw;
        }
    }

    /// <summary>The migrations of all parts.</summary>
    public static MigrationSet Migrations { get; } = MigrationSet.Of(
        typeof(BeamtimeDatabase).Assembly, typeof(ControlRegistration).Assembly, typeof(DataRegistration).Assembly);

    /// <summary>The kinds of streams that all parts write.</summary>
    public static StreamKindSet StreamKinds { get; } = StreamKindSet.Of(
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
        await GiveBackAsync(_held);
    }

    private static async ValueTask GiveBackAsync(Stack<IAsyncDisposable> held)
    {
        while (held.TryPop(out var last))
        {
            await last.DisposeAsync();
        }
    }

    // Before anything is made: a mistake in any of the site's files leaves nothing behind. What a file says about devices
    // is checked once they are known.
    private static DeviceListing ReadSite(Site site, ILogger log)
    {
        List<Reason> mistakes = [];
        DeviceListing? listing = null;
        Check(() => listing = DeviceFile.ReadListing(site.DevicesFile));
        foreach (var file in new[] { site.BeamlineFile, site.ProceduresFile }.Where(File.Exists))
        {
            Check(() => SafeYaml.Read(file));
        }

        foreach (var warning in listing?.Warnings ?? [])
        {
            LogDeviceFile(log, warning);
        }

        return mistakes.Count == 0 ? listing! : throw new RefusedException(mistakes);

        void Check(Func<object> read)
        {
            try
            {
                read();
            }
            catch (RefusedException refused)
            {
                mistakes.AddRange(refused.Reasons);
            }
        }
    }

    private static async Task<ConstructedDevices> ConstructAsync(DeviceListing listing, HostLaunch launch, TimeProvider time) =>
        new(launch.Roles.Has(Role.DeviceServer) ? await ConstructedAsync(listing.Entries, launch, time) : []);

    private static Task<IReadOnlyList<ConstructedDevice>> ConstructedAsync(
        IReadOnlyList<DeviceEntry> entries, HostLaunch launch, TimeProvider time) =>
        new DeviceFactory(() => launch.Plugins.Current.Registry, launch.Settings.Get<DeviceOptions>(), time).ConstructAsync(entries, static _ => null);

    // The file's devices with the live changes since; the very entries of the file where there are none.
    private static async Task<(int Revision, IReadOnlyList<DeviceEntry> Entries)> BeginDevicesAsync(
        ConfigurationStore store, string beamline, DeviceListing listing, HostLaunch launch, ILogger log, CancellationToken cancel)
    {
        var (revision, merge) = await store.StartAsync(
            beamline, listing.Entries, launch.Settings.Get<DeviceOptions>().StartFromFile, cancel);
        foreach (var warning in merge.Warnings)
        {
            LogDeviceFile(log, warning);
        }

        return (revision, ConfigurationStore.IsSame(merge.Entries, listing.Entries) ? listing.Entries : merge.Entries);
    }

    // The program serves without it too; whoever runs it then signs in like everybody else.
    private void SignInLocally(AccessOptions access, string? runtimeFolder)
    {
        if (!access.LocalOperator)
        {
            return;
        }

        try
        {
            Services.GetRequiredService<LocalSignIn>().Publish(Address.Port, runtimeFolder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogNotPublished(Services.GetRequiredService<ILogger<BeamtimeHost>>(), error);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device configuration: {Warning}")]
    private static partial void LogDeviceFile(ILogger log, string warning);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The command line of this account must sign in with 'beamtime login'")]
    private static partial void LogNotPublished(ILogger log, Exception error);

    // The document is the same wherever the program runs.
    private static Task DescribeAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancel)
    {
        document.Info = new OpenApiInfo { Title = "Beamtime", Version = "v2", Description = "Carries an experiment from a ready beam to archived, catalogued data." };
        document.Servers = [];
        return Task.CompletedTask;
    }

    // A process without the API answers for itself alone: whether it is ready, and what it counts.
    private static void MapRoutes(WebApplication app, RoleSet roles, ControlParts parts)
    {
        var routes = app.MapGroup("/api/v2").WithMetadata(
            new ProducesResponseTypeMetadata(StatusCodes.Status404NotFound, typeof(Problem), [Problem.MediaType]),
            new ProducesResponseTypeMetadata(StatusCodes.Status422UnprocessableEntity, typeof(Problem), [Problem.MediaType]));
        routes.MapReady();
        app.MapMetrics();
        routes.MapLogs();
        if (roles.Has(Role.Api))
        {
            app.MapOpenApi("/api/{documentName}/openapi.json").RequirePermission(Permissions.Anyone);
            routes.MapStatus().MapAccess().MapTimeline().MapLedger().MapPeople().MapJobs().MapWorkflows().MapData();
            if (parts.HasFlag(ControlParts.Api))
            {
                routes.MapControl();
            }
        }
    }

    private static IEnumerable<RoleLoop> LoopsOf(
        IServiceProvider services, RoleSet roles, ControlParts parts, SessionLock beamlineLock)
    {
        List<(Role Role, string Name, Func<CancellationToken, Task> Run)> loops = [];
        if (roles.IsAtBeamline)
        {
            loops.Add((roles.OnePerBeamline[0], "beamline lock", beamlineLock.KeepAsync));
        }

        loops.AddRange(services.ControlLoops(parts).Select(l => (RoleOf(l.Part), l.Name, l.Run)));

        loops.Add((roles.Roles[0], "access watch", services.GetRequiredService<AccessWatch>().RunAsync));
        if (roles.Has(Role.Scheduler))
        {
            loops.Add((Role.Scheduler, "scheduler", services.GetRequiredService<Scheduler>().RunAsync));
        }

        if (roles.Has(Role.Worker))
        {
            loops.AddRange(services.DataLoops().Select(l => (Role.Worker, l.Name, l.Run)));
        }

        return loops.Select(l => new RoleLoop(
            l.Role, l.Name, l.Run, services.GetRequiredService<HostFailure>(), services.GetRequiredService<ILogger<RoleLoop>>()));
    }

    // A process that only serves REST asks the roles of the beamline over Redis, where there is one.
    private static ControlParts PartsOf(HostLaunch launch) => launch.Roles.Roles
        .Where(role => role != Role.Api || launch.Roles.IsAtBeamline || launch.Settings.Get<TopicOptions>().Url is { Length: > 0 })
        .Aggregate(ControlParts.None, (parts, role) => parts | PartOf(role));

    private static ControlParts PartOf(Role role) => role switch
    {
        Role.Api => ControlParts.Api,
        Role.ScanServer => ControlParts.ScanServer,
        Role.DeviceServer => ControlParts.DeviceServer,
        Role.Bundler => ControlParts.Bundler,
        Role.FileWriter => ControlParts.FileWriter,
        _ => ControlParts.None,
    };

    private static Role RoleOf(ControlParts part) => Enum.GetValues<Role>().First(role => PartOf(role) == part);

    // Before anything is made: roles that speak to each other must be able to.
    private static void RequireConnection(HostLaunch launch)
    {
        List<Reason> missing = [];
        if (!launch.Roles.IsWhole)
        {
            if (!launch.Database.IsExternal)
            {
                missing.Add(RoleErrors.DatabaseNeeded.Because($"DATABASE_URL is not set for the roles {launch.Roles}"));
            }

            if (launch.Settings.Get<TopicOptions>().Url is not { Length: > 0 })
            {
                missing.Add(RoleErrors.RedisNeeded.Because($"REDIS_URL is not set for the roles {launch.Roles}"));
            }
        }

        if (missing.Count > 0)
        {
            throw new RefusedException(missing);
        }
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
