using System.Text.Json.Serialization;

namespace Beamtime.Core.Database;

/// <summary>What a backup says of itself.</summary>
internal sealed record BackupManifest
{
    /// <summary>Says what the file is.</summary>
    public const string FormatName = "beamtime.backup";

    /// <summary>The version of the form that this program writes.</summary>
    public const int FormatVersion = 1;

    /// <summary>What the file is.</summary>
    public required string Format { get; init; }

    /// <summary>The version of its form.</summary>
    public required int Version { get; init; }

    /// <summary>When the moment was that the backup shows, UTC.</summary>
    public required DateTimeOffset MadeAt { get; init; }

    /// <summary>The version of the program that made it.</summary>
    public required string Program { get; init; }

    /// <summary>The major version of PostgreSQL.</summary>
    public required int Server { get; init; }

    /// <summary>The ledger's epoch.</summary>
    public required int Epoch { get; init; }

    /// <summary>Whether the master key is in it; it never is.</summary>
    public required string MasterKey { get; init; }

    /// <summary>The migrations that were applied.</summary>
    public required IReadOnlyList<BackupMigration> Migrations { get; init; }

    /// <summary>Every table.</summary>
    public required IReadOnlyList<TableSum> Tables { get; init; }

    /// <summary>Size of the dump, bytes.</summary>
    public required long DumpBytes { get; init; }

    /// <summary>Lower-case SHA-256 of the dump.</summary>
    public required string DumpSha256 { get; init; }
}

/// <summary>A migration that was applied.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Sha256">The SHA-256 of its text.</param>
internal sealed record BackupMigration(int Number, string Name, string Sha256);

/// <summary>What a table held.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Sum">The sum over the first halves of their MD5, whatever their order.</param>
internal sealed record TableSum(string Name, long Rows, string Sum);

/// <summary>The codec of manifests.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BackupManifest))]
internal sealed partial class BackupJson : JsonSerializerContext;
