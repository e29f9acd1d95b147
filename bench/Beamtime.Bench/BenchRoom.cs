using Beamtime.Bench.Scans;
using Beamtime.Core.Database;
using Beamtime.Roles;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Bench;

/// <summary>What lines share: a folder of their own, a database in it, a running program. Gone with the run.</summary>
internal sealed class BenchRoom : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = MakeFolder();
    private BeamtimeDatabase? _database;
    private BenchBeamline? _beamline;
    private int _name;

    /// <summary>The clock.</summary>
    public static TimeProvider Time => TimeProvider.System;

    /// <summary>The built program.</summary>
    public static string Executable => Path.Combine(
        AppContext.BaseDirectory, "..", "..", "Beamtime", new DirectoryInfo(AppContext.BaseDirectory).Name, "beamtime");

    /// <summary>A path in the run's folder that nothing has yet.</summary>
    /// <param name="name">How it begins.</param>
    public string NewPath(string name) => Path.Combine(_folder.FullName, $"{name}-{++_name}");

    /// <summary>A new folder in the run's folder.</summary>
    /// <param name="name">How it begins.</param>
    public string NewFolder(string name) => Directory.CreateDirectory(NewPath(name)).FullName;

    /// <summary>A migrated database that nothing else uses, in a private cluster that syncs.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<BeamtimeDatabase> DatabaseAsync(CancellationToken cancel)
    {
        if (_database is null)
        {
            await CloseBeamlineAsync();
            _database = await BeamtimeDatabase.OpenAsync(
                new DatabaseOptions { DataFolder = NewFolder("database"), MaximumConnections = 80, PoolSize = 40 },
                Time,
                NullLoggerFactory.Instance,
                cancel);
            await _database.MigrateAsync(BeamtimeHost.Migrations, cancel);
        }

        return _database;
    }

    /// <summary>The whole program on a simulated beamline.</summary>
    /// <param name="detectors">Detectors read at each point.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<BenchBeamline> BeamlineAsync(int detectors, CancellationToken cancel) =>
        BeamlineAsync($"{detectors}", () => BenchBeamline.DevicesOf(detectors), cancel);

    /// <summary>The whole program on the demo's beamline.</summary>
    /// <param name="cancel">Gives up.</param>
    public Task<BenchBeamline> DemoAsync(CancellationToken cancel) =>
        BeamlineAsync("demo", BenchBeamline.DemoDevices, cancel);

    /// <summary>Ends what runs, so that it does not compete with what is measured next.</summary>
    public async Task CloseAsync()
    {
        await CloseBeamlineAsync();
        if (_database is { } database)
        {
            _database = null;
            await database.DisposeAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _folder.Delete(recursive: true);
    }

    // PostgreSQL may run as another account, which must pass through.
    private static DirectoryInfo MakeFolder()
    {
        var folder = Directory.CreateTempSubdirectory("beamtime-bench-");
        folder.UnixFileMode |= UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        return folder;
    }

    private async Task<BenchBeamline> BeamlineAsync(string name, Func<string> devices, CancellationToken cancel)
    {
        if (_beamline is null || _beamline.Name != name)
        {
            await CloseAsync();
            _beamline = await BenchBeamline.StartAsync(NewFolder("beamline"), name, devices(), cancel);
        }

        return _beamline;
    }

    private async Task CloseBeamlineAsync()
    {
        if (_beamline is { } beamline)
        {
            _beamline = null;
            await beamline.DisposeAsync();
        }
    }
}
