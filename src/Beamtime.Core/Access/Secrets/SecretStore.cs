using System.Text;
using System.Text.RegularExpressions;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Access.Secrets;

/// <summary>A stored secret without its value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ChangedBy">Who stored it last.</param>
/// <param name="ChangedAt">When, UTC.</param>
internal sealed record StoredSecret(string Name, PersonId ChangedBy, DateTimeOffset ChangedAt);

/// <summary>Passwords and tokens of other systems: sealed in the database, open in memory alone.</summary>
/// <param name="database">Where they lie.</param>
/// <param name="ledger">Takes note of who stored and removed them.</param>
/// <param name="key">Seals them.</param>
/// <param name="time">The clock.</param>
internal sealed partial class SecretStore(BeamtimeDatabase database, LedgerStore ledger, MasterKey key, TimeProvider time)
{
    /// <summary>What secrets are sealed as.</summary>
    public const string Purpose = "secret";

    [GeneratedRegex("^[a-z][a-z0-9._-]{0,99}$")]
    private static partial Regex NameForm { get; }

    /// <summary>Stores a secret, in the place of one of the same name.</summary>
    /// <param name="name">Lower case: <c>tape.password</c>.</param>
    /// <param name="value">The secret.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">The name cannot be one.</exception>
    /// <exception cref="FaultException">The master key was changed meanwhile.</exception>
    public Task StoreAsync(string name, string value, Why why, CancellationToken cancel)
    {
        if (!NameForm.IsMatch(name))
        {
            throw new RefusedException(SecretErrors.NameInvalid.Because($"'{name}' cannot be the name of a secret"));
        }

        return database.TransactAsync(
            async transaction =>
            {
                await RequireKeyAsync(transaction, cancel);
                await using (var store = transaction.Command(
                    """
                    insert into secrets (name, sealed, changed_by, changed_at) values ($1, $2, $3, $4)
                    on conflict (name) do update
                    set sealed = excluded.sealed, changed_by = excluded.changed_by, changed_at = excluded.changed_at
                    """,
                    name,
                    key.Seal(Purpose, name, Encoding.UTF8.GetBytes(value)),
                    why.Who.Value,
                    time.GetUtcNow()))
                {
                    await store.ExecuteNonQueryAsync(cancel);
                }

                var stream = await ledger.LoadAsync(transaction, SecretHistory.Kind, name, cancel);
                await ledger.AppendAsync(transaction, SecretHistory.Kind, stream, [new SecretStored()], why, cancel);
            },
            cancel);
    }

    /// <summary>A secret's value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException"><c>secret.unknown</c>.</exception>
    public async Task<string> ReadAsync(string name, CancellationToken cancel)
    {
        await using var find = database.Source.CreateCommand("select sealed from secrets where name = $1");
        find.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        return await find.ExecuteScalarAsync(cancel) is byte[] value
            ? Encoding.UTF8.GetString(key.Open(Purpose, name, value))
            : throw Unknown(name);
    }

    /// <summary>What is stored, by name.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<StoredSecret>> ListAsync(CancellationToken cancel)
    {
        var list = new List<StoredSecret>();
        await using var all = database.Source.CreateCommand("select name, changed_by, changed_at from secrets order by name");
        await using var reader = await all.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            list.Add(new StoredSecret(
                reader.GetString(0), new PersonId(reader.GetGuid(1)), await reader.GetFieldValueAsync<DateTimeOffset>(2, cancel)));
        }

        return list;
    }

    /// <summary>Removes a secret.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException"><c>secret.unknown</c>.</exception>
    public Task RemoveAsync(string name, Why why, CancellationToken cancel) => database.TransactAsync(
        async transaction =>
        {
            await using (var remove = transaction.Command("delete from secrets where name = $1", name))
            {
                if (await remove.ExecuteNonQueryAsync(cancel) == 0)
                {
                    throw Unknown(name);
                }
            }

            var stream = await ledger.LoadAsync(transaction, SecretHistory.Kind, name, cancel);
            await ledger.AppendAsync(transaction, SecretHistory.Kind, stream, [new SecretRemoved()], why, cancel);
        },
        cancel);

    private static RefusedException Unknown(string name) =>
        new(SecretErrors.Unknown.Because($"no secret '{name}' is stored"));

    // Holds off a change of the key until this is committed.
    private async Task RequireKeyAsync(DatabaseTransaction transaction, CancellationToken cancel)
    {
        await using var find = transaction.Command("select id from master_key for share");
        if (await find.ExecuteScalarAsync(cancel) is not string id || id != key.Id)
        {
            throw SecretErrors.KeyChanged.Fault($"this program has the master key {key.Id}, which no longer counts");
        }
    }
}
