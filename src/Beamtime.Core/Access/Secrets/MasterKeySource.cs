using System.Text;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Access.Secrets;

/// <summary>
/// Finds the master key: in the file of <c>BEAMTIME_SECRET_FILE</c>, derived from <c>BEAMTIME_JWT_SECRET</c>, or in the data
/// folder of the private cluster, where it is made at the first start. Whatever the source, it must be the key that the
/// database is sealed with.
/// </summary>
/// <param name="options">Names file or secret.</param>
/// <param name="database">Holds what is sealed.</param>
/// <param name="time">The clock.</param>
internal sealed class MasterKeySource(AccessOptions options, BeamtimeDatabase database, TimeProvider time)
{
    private const int LeastBytes = 32;
    private const string Proof = "proof";
    private const string Word = "beamtime";

    /// <summary>The file that the program itself makes; null where the database is another program's.</summary>
    public MasterKeyFile? OwnFile { get; } = database.DataFolder is { } folder ? new MasterKeyFile(folder) : null;

    /// <summary>The key, proven to be the database's; the first key ever becomes it.</summary>
    /// <exception cref="RefusedException">There is none, it is another one, or it cannot be read.</exception>
    public async Task<MasterKey> OpenAsync(CancellationToken cancel)
    {
        var known = await FindKnownAsync(cancel);
        var key = Given() ?? OwnFile?.Find(known?.Id);
        if (key is null && known is null && OwnFile is { } own)
        {
            key = own.Prepare();
            own.Commit();
        }

        if (key is null)
        {
            throw new RefusedException(SecretErrors.KeyMissing.Because(
                OwnFile is null
                    ? "neither BEAMTIME_SECRET_FILE nor BEAMTIME_JWT_SECRET is set, and the database is not the program's own"
                    : $"the database is sealed with the master key {known!.Value.Id}, and {OwnFile.Path} does not exist"));
        }

        var (id, proof) = known ?? await FirstAsync(key, cancel);
        if (id != key.Id)
        {
            throw new RefusedException(SecretErrors.KeyWrong.Because(
                $"the database is sealed with the master key {id}, the one that is given is {key.Id}"));
        }

        key.Open(Proof, Word, proof);
        return key;
    }

    /// <summary>The key of the settings, or null where they name none.</summary>
    /// <exception cref="RefusedException">Two are named, or it cannot be read or guessed too easily.</exception>
    public MasterKey? Given()
    {
        var (file, secret) = (options.SecretFile is { Length: > 0 } f ? f : null, options.JwtSecret is { Length: > 0 } s ? s : null);
        if (file is not null && secret is not null)
        {
            throw new RefusedException(SecretErrors.KeyTwice.Because("both BEAMTIME_SECRET_FILE and BEAMTIME_JWT_SECRET are set"));
        }

        return file is not null ? ReadFile(file)
            : secret is not null ? Read(Encoding.UTF8.GetBytes(secret), "BEAMTIME_JWT_SECRET")
            : null;
    }

    /// <summary>Reads a key's file.</summary>
    /// <param name="path">The file.</param>
    public static MasterKey ReadFile(string path)
    {
        try
        {
            return Read(File.ReadAllBytes(path), path);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new RefusedException(SecretErrors.KeyUnreadable.Because($"{path}: {error.Message}"));
        }
    }

    /// <summary>What the database keeps to prove a key: its id and a sealed word.</summary>
    /// <param name="key">The key.</param>
    public static (string Id, byte[] Proof) ProofOf(MasterKey key) => (key.Id, key.Seal(Proof, Word, "beamtime"u8));

    // A line's end at the foot of the file is the editor's, not the key's.
    private static MasterKey Read(ReadOnlySpan<byte> text, string where)
    {
        text = text.TrimEnd("\r\n"u8);
        return text.Length >= LeastBytes
            ? MasterKey.Of(text)
            : throw new RefusedException(SecretErrors.KeyShort.Because($"{where} holds {text.Length} bytes, at least {LeastBytes} are needed"));
    }

    private async Task<(string Id, byte[] Proof)?> FindKnownAsync(CancellationToken cancel)
    {
        await using var find = database.Source.CreateCommand("select id, proof from master_key");
        await using var reader = await find.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel)
            ? (reader.GetString(0), await reader.GetFieldValueAsync<byte[]>(1, cancel))
            : null;
    }

    // Of programs that start for the first time at once, one key wins; the others are told.
    private async Task<(string Id, byte[] Proof)> FirstAsync(MasterKey key, CancellationToken cancel)
    {
        var (id, proof) = ProofOf(key);
        await using var first = database.Source.CreateCommand(
            "insert into master_key (id, proof, changed_at) values ($1, $2, $3) on conflict do nothing");
        first.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        first.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = proof });
        first.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = time.GetUtcNow() });
        await first.ExecuteNonQueryAsync(cancel);
        return (await FindKnownAsync(cancel))!.Value;
    }
}
