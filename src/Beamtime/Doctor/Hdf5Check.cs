using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Beamtime.Cli;
using Beamtime.Core.Settings;
using Beamtime.Hdf5;

namespace Beamtime.Doctor;

/// <summary>
/// Writes a small file under SWMR in one child process and reads it meanwhile in another, as the file writer and a viewer do;
/// a library that crashes takes a child along and not the doctor.
/// </summary>
internal static class Hdf5Check
{
    private const string Probe = "hdf5-probe";
    private const int Rows = 1000;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly Argument<string> Mode = new("mode");
    private static readonly Argument<string> File = new("file");

    /// <summary>The hidden command of the children.</summary>
    public static Command CreateProbe()
    {
        var command = new Command(Probe, "One side of the doctor's test of HDF5.") { Mode, File };
        command.Hidden = true;
        return CommandRun.On(command, (run, cancel) =>
            run.Arguments.GetValue(Mode) == "write" ? WriteAsync(run, cancel) : Task.FromResult(Read(run)));
    }

    /// <summary>Tries the library and looks for filters.</summary>
    /// <param name="environment">The variables.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(EnvironmentVariables environment, CancellationToken cancel) =>
        [await TryAsync(cancel), Filters(environment)];

    private static async Task<Finding> TryAsync(CancellationToken cancel)
    {
        var file = Path.Combine(Path.GetTempPath(), string.Create(CultureInfo.InvariantCulture, $"beamtime-doctor-{Environment.ProcessId}.h5"));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Deadline);
        try
        {
            using var writer = Start("write", file);
            try
            {
                var said = await writer.StandardOutput.ReadLineAsync(limit.Token);
                if (said?.StartsWith("written", StringComparison.Ordinal) is not true)
                {
                    return Finding.Fail("HDF5", DoctorErrors.Hdf5Fails, $"writing: {said} {await writer.StandardError.ReadToEndAsync(limit.Token)}".Trim());
                }

                using var reader = Start("read", file);
                var read = await reader.StandardOutput.ReadToEndAsync(limit.Token);
                var wrong = await reader.StandardError.ReadToEndAsync(limit.Token);
                await reader.WaitForExitAsync(limit.Token);
                return read.Trim() == $"read {Rows}"
                    ? Finding.Ok("HDF5", $"libhdf5 {said["written ".Length..]}: {Rows} rows read while they were written")
                    : Finding.Fail("HDF5", DoctorErrors.Hdf5Fails, $"reading while it is written: {read.Trim()} {wrong.Trim()}");
            }
            finally
            {
                writer.StandardInput.Close();
                await writer.WaitForExitAsync(CancellationToken.None).WaitAsync(Deadline, CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Finding.Fail("HDF5", DoctorErrors.Hdf5Fails, "no end within 20 s");
        }
        finally
        {
            System.IO.File.Delete(file);
        }
    }

    private static Finding Filters(EnvironmentVariables environment)
    {
        string[] folders =
        [
            .. (environment["HDF5_PLUGIN_PATH"] ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
            "/usr/lib/x86_64-linux-gnu/hdf5/serial/plugins", "/usr/lib/x86_64-linux-gnu/hdf5/plugins",
            "/usr/lib/aarch64-linux-gnu/hdf5/serial/plugins", "/usr/local/hdf5/lib/plugin",
        ];
        var filters = folders.Where(Directory.Exists).SelectMany(Directory.EnumerateFiles)
            .Select(Path.GetFileName).OfType<string>().Where(f => f.Contains(".so", StringComparison.Ordinal)).ToList();
        return filters.Any(f => f.Contains("blosc", StringComparison.OrdinalIgnoreCase))
            ? Finding.Ok("HDF5's filters", string.Join(", ", filters.Order(StringComparer.Ordinal).Take(8)))
            : Finding.Warn("HDF5's filters", DoctorErrors.FilterMissing, "blosc is in none of the plugin folders");
    }

    private static async Task<ExitCode> WriteAsync(CommandRun run, CancellationToken cancel)
    {
        using var file = H5File.Create(run.Arguments.GetValue(File)!, H5FileOptions.Swmr with { Overwrite = true });
        using var rows = file.CreateExtendable("rows", [], new H5DatasetOptions<double> { Chunk = [256] });
        file.StartSwmrWrite();
        rows.Append<double>([.. Enumerable.Range(0, Rows).Select(i => (double)i)]);
        file.Flush();
        run.Say($"written {H5File.LibraryVersion}");
        await Console.In.ReadToEndAsync(cancel);
        return ExitCode.Done;
    }

    private static ExitCode Read(CommandRun run)
    {
        using var file = H5File.Open(run.Arguments.GetValue(File)!, H5FileAccess.SwmrRead);
        using var rows = file.OpenDataset("rows");
        var read = rows.Read<double>();
        run.Say(read.Select((value, i) => value == i).All(same => same) ? $"read {read.Length}" : "read other values than were written");
        return ExitCode.Done;
    }

    private static Process Start(string mode, string file)
    {
        var path = Environment.ProcessPath!;
        var own = Path.GetFileNameWithoutExtension(path) == "beamtime" ? path : Path.Combine(AppContext.BaseDirectory, "beamtime");
        return Process.Start(new ProcessStartInfo(own, [Probe, mode, file])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }
}
