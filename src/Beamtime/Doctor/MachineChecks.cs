using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Beamtime.Core.Database;
using Beamtime.Core.Settings;
using Beamtime.Roles;

namespace Beamtime.Doctor;

/// <summary>What the machine must offer: programs, limits, clock, port and the file of the master key.</summary>
internal static class MachineChecks
{
    private const long FilesWanted = 4096;
    private const long WatchesWanted = 8192;
    private const long InstancesWanted = 128;
    private static readonly string[] ToolFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

    /// <summary>Tries the machine.</summary>
    /// <param name="launch">The settings.</param>
    /// <param name="environment">The variables.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(HostLaunch launch, EnvironmentVariables environment, CancellationToken cancel)
    {
        List<Finding> found =
        [
            Tool("setpriv", "util-linux", isNeeded: launch.Database.Url is not { Length: > 0 }),
            Tool("setsid", "util-linux", isNeeded: launch.Database.Url is not { Length: > 0 }),
            Files(),
            Watches(),
            await ClockAsync(cancel),
            Port(launch.Settings.Get<ApiOptions>().Port),
        ];
        if (environment[EnvironmentVariables.SecretFile] is { } secret)
        {
            found.Add(Secret(secret));
        }

        return found;
    }

    private static Finding Tool(string name, string package, bool isNeeded)
    {
        var what = $"program {name}";
        return ToolFolders.Select(f => Path.Combine(f, name)).FirstOrDefault(File.Exists) is { } path ? Finding.Ok(what, path)
            : isNeeded ? Finding.Fail(what, DoctorErrors.ToolMissing, $"{name} of the package {package} is in none of {string.Join(", ", ToolFolders)}")
            : Finding.Warn(what, DoctorErrors.ToolMissing, $"{name} of the package {package} is not installed");
    }

    private static Finding Files()
    {
        var words = File.ReadLines("/proc/self/limits").First(l => l.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // "Max open files", soft, hard, unit.
        var isBounded = long.TryParse(words[4], CultureInfo.InvariantCulture, out var hard);
        return isBounded && hard < FilesWanted
            ? Finding.Warn("limit of open files", DoctorErrors.FewFiles, $"{hard} files, {FilesWanted} are wanted")
            : Finding.Ok("limit of open files", $"{words[4]} files");
    }

    private static Finding Watches()
    {
        var (watches, instances) = (ReadNumber("max_user_watches"), ReadNumber("max_user_instances"));
        var detail = $"{watches} watches, {instances} instances";
        return watches < WatchesWanted || instances < InstancesWanted
            ? Finding.Warn("watches on folders", DoctorErrors.FewWatches, detail)
            : Finding.Ok("watches on folders", detail);

        static long ReadNumber(string name) =>
            long.TryParse(File.ReadAllText($"/proc/sys/fs/inotify/{name}").Trim(), CultureInfo.InvariantCulture, out var n) ? n : 0;
    }

    private static async Task<Finding> ClockAsync(CancellationToken cancel)
    {
        var said = await SystemTool.AskAsync(["timedatectl", "show", "--property=NTPSynchronized", "--value"], cancel);
        if (said?.Trim() == "yes")
        {
            return Finding.Ok("clock", "kept right by a time service");
        }

        var tracking = await SystemTool.AskAsync(["chronyc", "-n", "tracking"], cancel);
        return tracking?.Contains("Leap status     : Normal", StringComparison.Ordinal) is true
            ? Finding.Ok("clock", "kept right by chrony")
            : Finding.Warn("clock", DoctorErrors.ClockFree, "neither timedatectl nor chronyc says that it is kept right");
    }

    private static Finding Port(int port)
    {
        if (port == 0)
        {
            return Finding.Ok("port", "a free one is taken");
        }

        var what = string.Create(CultureInfo.InvariantCulture, $"port {port}");
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return Finding.Ok(what, "free");
        }
        catch (SocketException taken)
        {
            // A program of ours that runs is how it should be; the lock of the data folder says which.
            return Finding.Warn(what, RoleErrors.PortTaken, $"{taken.Message}; that is well if Beamtime runs there");
        }
    }

    private static Finding Secret(string path)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        try
        {
            var mode = File.GetUnixFileMode(path);
            return (mode & Others) == 0
                ? Finding.Ok("file of the master key", path)
                : Finding.Fail("file of the master key", DoctorErrors.SecretOpen, $"{path} has mode {Convert.ToString((int)mode, 8)}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Finding.Fail("file of the master key", DoctorErrors.SecretOpen, error.Message);
        }
    }
}
