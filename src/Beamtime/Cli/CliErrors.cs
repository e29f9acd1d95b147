using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary>What can go wrong at the command line.</summary>
internal static class CliErrors
{
    /// <summary>No server.</summary>
    public static readonly ErrorCode Unreachable = new(
        "cli.server.unreachable",
        "No server answers at the address.",
        "Start one with 'beamtime up', or name another with --server; one that serves TLS has an address with https.",
        RetryClass.Later);

    /// <summary>No TLS with the server.</summary>
    public static readonly ErrorCode Tls = new(
        "cli.server.tls",
        "The server's certificate is not accepted, or no TLS is spoken there.",
        "Name the authority that signed it with --ca-file, and the server by a name that stands in its certificate; if it has expired, renew it.");

    /// <summary>A password in clear over the network.</summary>
    public static readonly ErrorCode Insecure = new(
        "cli.server.insecure",
        "The password would cross the network in clear.",
        "Use an address with https, or --insecure where the network is yours alone.");

    /// <summary>An argument that cannot be read.</summary>
    public static readonly ErrorCode Argument = new(
        "cli.argument.invalid",
        "An argument of the command cannot be read.",
        "See the command's --help.");

    /// <summary>The demo's folder is in use.</summary>
    public static readonly ErrorCode FolderNotEmpty = new(
        "cli.folder.not_empty",
        "The folder for the demo's data is not empty.",
        "Name an empty or absent folder with --data.");

    /// <summary>A file or folder that cannot be used.</summary>
    public static readonly ErrorCode DiskUnusable = new(
        "cli.disk.unusable",
        "A file or folder that the command needs cannot be read or written.",
        "Check the path, its rights and the free space, or name another one.");

    /// <summary>A file that is in the way.</summary>
    public static readonly ErrorCode FileExists = new(
        "cli.file.exists",
        "The file that the command would write exists already.",
        "Name another file, or remove this one.");

    /// <summary>A file that cannot be read.</summary>
    public static readonly ErrorCode FileUnreadable = new(
        "cli.file.unreadable",
        "The file is not HDF5 or is damaged.",
        "Take another copy of the file.");
}
