using System.Xml.Linq;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access.Secrets;

/// <summary>
/// Changes the master key: everything that the old one sealed is sealed with the new one in one transaction. Programs that
/// run keep their tokens until they are started again with the new key, and store no secret meanwhile.
/// </summary>
/// <param name="database">Holds what is sealed.</param>
/// <param name="ledger">Takes note of it.</param>
/// <param name="time">The clock.</param>
internal sealed class MasterKeyRotation(BeamtimeDatabase database, LedgerStore ledger, TimeProvider time)
{
    /// <summary>Seals everything anew; how many values.</summary>
    /// <param name="from">The key so far; null drops what it sealed, because it is lost.</param>
    /// <param name="to">The key from now on.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up; nothing has changed then.</param>
    public Task<int> RotateAsync(MasterKey? from, MasterKey to, Why why, CancellationToken cancel) => database.TransactAsync(
        async transaction =>
        {
            var known = await LockAsync(transaction, cancel);
            if (from is not null && known != from.Id)
            {
                throw new RefusedException(SecretErrors.KeyWrong.Because(
                    $"the database is sealed with the master key {known ?? "(none)"}, the one that is given is {from.Id}"));
            }

            var count = from is null
                ? await DropAsync(transaction, cancel)
                : await ResealAsync(transaction, from, to, cancel);
            var (id, proof) = MasterKeySource.ProofOf(to);
            await using var change = transaction.Command(
                """
                insert into master_key (id, proof, changed_at) values ($1, $2, $3)
                on conflict (single) do update set id = excluded.id, proof = excluded.proof, changed_at = excluded.changed_at
                """,
                id,
                proof,
                time.GetUtcNow());
            await change.ExecuteNonQueryAsync(cancel);
            var stream = await ledger.LoadAsync(transaction, MasterKeyHistory.Kind, MasterKeyHistory.Stream, cancel);
            await ledger.AppendAsync(
                transaction, MasterKeyHistory.Kind, stream, [new MasterKeyRotated(known, id, from is null)], why, cancel);
            return count;
        },
        cancel);

    private static async Task<string?> LockAsync(DatabaseTransaction transaction, CancellationToken cancel)
    {
        await using var find = transaction.Command("select id from master_key for update");
        return (string?)await find.ExecuteScalarAsync(cancel);
    }

    private static async Task<int> DropAsync(DatabaseTransaction transaction, CancellationToken cancel)
    {
        await using var drop = transaction.Command(
            """
            with ring as (delete from key_ring returning 1), kept as (delete from secrets returning 1)
            select (select count(*) from ring)::int + (select count(*) from kept)::int
            """);
        return (int)(await drop.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<int> ResealAsync(
        DatabaseTransaction transaction, MasterKey from, MasterKey to, CancellationToken cancel)
    {
        var secrets = new List<(string Name, byte[] Sealed)>();
        await using (var all = transaction.Command("select name, sealed from secrets for update"))
        {
            await using var reader = await all.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                secrets.Add((reader.GetString(0), await reader.GetFieldValueAsync<byte[]>(1, cancel)));
            }
        }

        var ring = new List<(string Name, string Document)>();
        await using (var all = transaction.Command("select name, document from key_ring for update"))
        {
            await using var reader = await all.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                ring.Add((reader.GetString(0), reader.GetString(1)));
            }
        }

        foreach (var (name, value) in secrets)
        {
            await using var change = transaction.Command(
                "update secrets set sealed = $2 where name = $1",
                name,
                to.Seal(SecretStore.Purpose, name, from.Open(SecretStore.Purpose, name, value)));
            await change.ExecuteNonQueryAsync(cancel);
        }

        foreach (var (name, text) in ring)
        {
            var document = XElement.Parse(text);
            foreach (var part in document.DescendantsAndSelf(KeyRingCipher.Element))
            {
                KeyRingCipher.Reseal(part, from, to);
            }

            await using var change = transaction.Command(
                "update key_ring set document = $2 where name = $1", name, document.ToString(SaveOptions.DisableFormatting));
            await change.ExecuteNonQueryAsync(cancel);
        }

        return secrets.Count + ring.Count;
    }
}
