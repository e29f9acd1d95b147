using System.Security.Cryptography;
using System.Text;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access.Secrets;

/// <summary>
/// The one key that everything secret in the database is sealed with. It never lies there itself. What is sealed is bound
/// to its purpose and name, so that one sealed value cannot be put in another's place.
/// </summary>
internal sealed class MasterKey
{
    private const int KeySize = 32;
    private const int IdSize = 8;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const byte Format = 1;
    private readonly byte[] _root;
    private readonly byte[] _id;

    private MasterKey(byte[] root)
    {
        _root = root;
        _id = HKDF.DeriveKey(HashAlgorithmName.SHA256, root, IdSize, info: "beamtime master key id"u8.ToArray());
    }

    /// <summary>A name of the key that tells nothing about it.</summary>
    public string Id => Convert.ToHexStringLower(_id);

    /// <summary>The key of a secret text: of a file or a variable.</summary>
    /// <param name="text">At least 32 bytes that nobody can guess.</param>
    public static MasterKey Of(ReadOnlySpan<byte> text) => new(HKDF.DeriveKey(
        HashAlgorithmName.SHA256, text.ToArray(), KeySize, info: "beamtime master key"u8.ToArray()));

    /// <summary>Seals a value.</summary>
    /// <param name="purpose">What kind of value it is.</param>
    /// <param name="name">Its name among its kind.</param>
    /// <param name="value">The value.</param>
    public byte[] Seal(string purpose, string name, ReadOnlySpan<byte> value)
    {
        var result = new byte[1 + IdSize + NonceSize + TagSize + value.Length];
        result[0] = Format;
        _id.CopyTo(result, 1);
        var nonce = result.AsSpan(1 + IdSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = Cipher(purpose);
        cipher.Encrypt(
            nonce,
            value,
            result.AsSpan(1 + IdSize + NonceSize + TagSize),
            result.AsSpan(1 + IdSize + NonceSize, TagSize),
            Binding(purpose, name));
        return result;
    }

    /// <summary>Opens what was sealed under the same purpose and name.</summary>
    /// <param name="purpose">What kind of value it is.</param>
    /// <param name="name">Its name among its kind.</param>
    /// <param name="sealedValue">What <see cref="Seal"/> gave.</param>
    /// <exception cref="FaultException">Another key sealed it, or it was changed.</exception>
    public byte[] Open(string purpose, string name, ReadOnlySpan<byte> sealedValue)
    {
        if (sealedValue.Length < 1 + IdSize + NonceSize + TagSize || sealedValue[0] != Format)
        {
            throw SecretErrors.Damaged.Fault($"the {purpose} {name} is not in the form in which values are sealed");
        }

        var id = sealedValue.Slice(1, IdSize);
        if (!id.SequenceEqual(_id))
        {
            throw SecretErrors.KeyChanged.Fault(
                $"the {purpose} {name} is sealed with the master key {Convert.ToHexStringLower(id)}, this program has {Id}");
        }

        var value = new byte[sealedValue.Length - 1 - IdSize - NonceSize - TagSize];
        using var cipher = Cipher(purpose);
        try
        {
            cipher.Decrypt(
                sealedValue.Slice(1 + IdSize, NonceSize),
                sealedValue[(1 + IdSize + NonceSize + TagSize)..],
                sealedValue.Slice(1 + IdSize + NonceSize, TagSize),
                value,
                Binding(purpose, name));
            return value;
        }
        catch (AuthenticationTagMismatchException changed)
        {
            throw SecretErrors.Damaged.Fault($"the {purpose} {name} was changed after it was sealed", changed);
        }
    }

    private AesGcm Cipher(string purpose) => new(
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _root, KeySize, info: Encoding.UTF8.GetBytes($"beamtime seal {purpose}")),
        TagSize);

    private static byte[] Binding(string purpose, string name) => Encoding.UTF8.GetBytes($"{purpose}\0{name}");
}
