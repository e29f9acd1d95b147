using System.CommandLine;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary>Where a command takes a password from: a file, the input, the person at the terminal, or the command line.</summary>
internal static class PasswordOptions
{
    /// <summary>A file.</summary>
    public static readonly Option<string?> File = new("--password-file")
    {
        Description = "File whose first line is the password; - reads it from the input.",
    };

    /// <summary>The command line.</summary>
    public static readonly Option<string?> Password = new("--password")
    {
        Description = "The password; everybody on this machine can read it there while the command runs.",
    };

    /// <summary>The password.</summary>
    /// <param name="run">The command's run.</param>
    /// <exception cref="RefusedException">None is given, two are, or the file cannot be read.</exception>
    public static string Read(CommandRun run) => Find(run) ?? Ask(run)
        ?? throw new RefusedException(CliErrors.Argument.Because("--password-file is needed where nobody can be asked"));

    /// <summary>The password of the arguments, or null.</summary>
    /// <param name="run">The command's run.</param>
    public static string? Find(CommandRun run)
    {
        var (file, given) = (run.Arguments.GetValue(File), run.Arguments.GetValue(Password));
        if (file is not null && given is not null)
        {
            throw new RefusedException(CliErrors.Argument.Because("--password and --password-file are both given"));
        }

        return file switch
        {
            null => given,
            "-" => System.Console.In.ReadLine() ?? "",
            _ => System.IO.File.ReadLines(file).FirstOrDefault() ?? "",
        };
    }

    private static string? Ask(CommandRun run) => System.Console.IsInputRedirected || !run.IsTerminal
        ? null
        : run.Console.Prompt(new TextPrompt<string>("password").Secret());
}
