using System.Globalization;
using System.Security.Cryptography;
using MuonSharp.Formats;

namespace MuonSharp.Training;

/// <summary>The tokens of one or more shards, one behind the other; they are read where they are asked for and may be more than memory holds.</summary>
public sealed class ShardTokens : ITokenSource, IDisposable
{
    private readonly TokenShard[] _shards;
    private readonly long[] _starts;
    private readonly int _vocabulary;

    private ShardTokens(TokenShard[] shards, int vocabulary)
    {
        (_shards, _vocabulary) = (shards, vocabulary);
        _starts = new long[shards.Length + 1];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < shards.Length; i++)
        {
            _starts[i + 1] = _starts[i] + shards[i].Length;
            shards[i].AddSample(hash);
        }

        Identity = string.Create(CultureInfo.InvariantCulture, $"{shards.Length} shards, {Length} tokens, {Convert.ToHexStringLower(hash.GetHashAndReset())}");
    }

    /// <inheritdoc/>
    public long Length => _starts[^1];

    /// <summary>Number of shards and tokens, and SHA-256 of the shards' headers and of 65 pages of each.</summary>
    public string Identity { get; }

    /// <summary>Opens shards.</summary>
    /// <param name="paths">The files, in the order of their tokens; one at least.</param>
    /// <param name="vocabulary">Number of tokens that the tokenizer has: a greater one in a file is an error where it is read.</param>
    /// <exception cref="InvalidFileException">One cannot be read, or is no shard.</exception>
    public static ShardTokens Open(IReadOnlyList<string> paths, int vocabulary)
    {
        List<TokenShard> shards = [];
        try
        {
            foreach (string path in paths)
            {
                shards.Add(TokenShard.Open(path));
            }

            return new([.. shards], vocabulary);
        }
        catch
        {
            shards.ForEach(shard => shard.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(long start, Span<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - tokens.Length);
        int shard = Array.BinarySearch(_starts, start);
        shard = shard < 0 ? ~shard - 1 : shard;
        while (!tokens.IsEmpty)
        {
            int first = (int)(start - _starts[shard]);
            Span<int> part = tokens[..Math.Min(tokens.Length, _shards[shard].Length - first)];
            _shards[shard].Read(first, part);
            if (part.ContainsAnyExceptInRange(0, _vocabulary - 1))
            {
                throw new InvalidFileException("shard", _shards[shard].Path, $"tokens must be below {_vocabulary}, the tokenizer's number; {part[part.IndexOfAnyExceptInRange(0, _vocabulary - 1)]} came");
            }

            tokens = tokens[part.Length..];
            start += part.Length;
            shard++;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => Array.ForEach(_shards, shard => shard.Dispose());

    /// <summary>The shards of a folder, in ordinal order of their names: those to train on and those whose names say <c>val</c>. Null: it holds none.</summary>
    internal static (string[] Training, string[] Validation)? Find(DataFiles? files)
    {
        if (files?.Paths is not [var folder])
        {
            return files?.Paths.FirstOrDefault(HoldsShards) is not { } among ? null
                : throw new BadInputException($"[data] {among}: a folder of shards must be the only text to train on; {files.Paths.Length} came");
        }

        if (!Directory.Exists(folder))
        {
            return null;
        }

        string[] shards = [.. Directory.EnumerateFiles(folder, "*" + TokenShard.Extension).Order(StringComparer.Ordinal)];
        string[] validation = [.. shards.Where(path => Path.GetFileName(path).Contains("val", StringComparison.OrdinalIgnoreCase))];
        return shards.Length == 0 ? null : ([.. shards.Except(validation)], validation);
    }

    /// <summary>Whether a path is a folder with a file that is a shard.</summary>
    internal static bool HoldsShards(string path) => path != DataFiles.StandardInput && Directory.Exists(path) && Directory.EnumerateFiles(path, "*" + TokenShard.Extension).Any(IsShard);

    private static bool IsShard(string path)
    {
        try
        {
            TokenShard.Open(path).Dispose();
            return true;
        }
        catch (InvalidFileException)
        {
            return false;
        }
    }
}
