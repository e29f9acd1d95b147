using System.Globalization;
using Beamtime.Core.Access;
using Beamtime.Core.Access.Secrets;
using Beamtime.Core.Database;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;

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
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(HostLaunch launch, CancellationToken cancel)
    {
        List<Finding> found =
        [
            Tool("setpriv", "util-linux", isNeeded: launch.Database.Url is not { Length: > 0 }),
            Tool("setsid", "util-linux", isNeeded: launch.Database.Url is not { Length: > 0 }),
            Files(),
            Watches(),
            await ClockAsync(cancel),
            .. Door(launch.Settings.Get<ApiOptions>(), launch.Time),
        ];
        var own = new MasterKeyFile(ClusterFolder.For(launch.Database).Root).Path;
        if (launch.Settings.Get<AccessOptions>().SecretFile is { Length: > 0 } named)
        {
            found.Add(Secret(named));
        }
        else if (File.Exists(own))
        {
            found.Add(Secret(own));
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

    private static IEnumerable<Finding> Door(ApiOptions options, TimeProvider time)
    {
        try
        {
            var door = new ApiDoor(options, time);
            var what = string.Create(CultureInfo.InvariantCulture, $"address {door.Address}, port {options.Port}");
            try
            {
                door.RequireFree();
                return [Finding.Ok(what, options.Port == 0 ? "a free one is taken" : "free")];
            }
            catch (RefusedException taken)
            {
                // A program of ours that runs is how it should be; the lock of the data folder says which.
                return [Finding.Warn(what, RoleErrors.PortTaken, $"{taken.Reasons[0].Message}; that is well if Beamtime runs there")];
            }
        }
        catch (RefusedException mistakes)
        {
            return mistakes.Reasons.Select(r => Finding.Fail("address", r));
        }
    }

    private static Finding Secret(string path)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        try
        {
            MasterKeySource.ReadFile(path);
            var mode = File.GetUnixFileMode(path);
            return (mode & Others) == 0
                ? Finding.Ok("file of the master key", path)
                : Finding.Fail("file of the master key", DoctorErrors.SecretOpen, $"{path} has mode {Convert.ToString((int)mode, 8)}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Finding.Fail("file of the master key", DoctorErrors.SecretOpen, error.Message);
        }
        catch (RefusedException refused)
        {
            return Finding.Fail("file of the master key", refused.Reasons[0]);
        }
    }
}
