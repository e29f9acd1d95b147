using System.Diagnostics;
using Beamtime.Sdk.Plugins;

namespace Beamtime.Tests.Support;

/// <summary>Makes assemblies of plugins with the compiler of the SDK, as whoever writes one does.</summary>
internal static class PluginBuilder
{
    private static readonly string Runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    /// <summary>The program of .NET that runs this.</summary>
    public static string Dotnet { get; } = Path.GetFullPath(Path.Combine(Runtime, "..", "..", "..", "dotnet"));

    /// <summary>Compiles a plugin into a folder of plugins, over what lies there.</summary>
    /// <param name="plugins">The folder of plugins.</param>
    /// <param name="name">The plugin's name.</param>
    /// <param name="source">Its code.</param>
    /// <param name="references">Assemblies that it uses beside the Sdk.</param>
    public static async Task<string> BuildAsync(string plugins, string name, string source, params string[] references)
    {
        var folder = Directory.CreateDirectory(Path.Combine(plugins, name)).FullName;
        var assembly = Path.Combine(folder, $"{name}.dll");
        using var work = TemporaryFolder.Create("plugin");
        await File.WriteAllTextAsync(work[$"{name}.cs"], source, TestContext.Current.CancellationToken);
        string[] all =
        [
            .. Directory.EnumerateFiles(Runtime, "System*.dll").Where(f => !Path.GetFileName(f).Contains(".Native", StringComparison.Ordinal)),
            typeof(Plugin).Assembly.Location,
            .. references,
        ];
        await RunAsync(
            work.Path,
            [Compiler(), "-nologo", "-target:library", "-nostdlib", "-deterministic", "-optimize", "-langversion:14",
                $"-out:{work[$"{name}.dll"]}", .. all.Select(r => $"-r:{r}"), work[$"{name}.cs"]]);
        File.Move(work[$"{name}.dll"], assembly, overwrite: true);
        return assembly;
    }

    /// <summary>Runs a program of .NET to its end.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="arguments">What.</param>
    public static async Task RunAsync(string folder, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Dotnet, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1", ["DOTNET_NOLOGO"] = "1", ["MSBUILDDISABLENODEREUSE"] = "1" },
        })!;
        var (said, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{await said}\n{await error}");
    }

    private static string Compiler() => Directory
        .EnumerateDirectories(Path.Combine(Path.GetDirectoryName(Dotnet)!, "sdk"))
        .Select(sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll"))
        .Last(File.Exists);
}
