using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MuonSharp.Formats.Tests;

/// <summary>Files of tokens: written as llm.c does, read where asked, refused where they are not what they say.</summary>
public sealed class TokenShardTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("muonsharp-shards-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_bytes_are_a_header_of_256_numbers_and_two_for_each_token()
    {
        string path = Write([1, 258, 65535]);
        byte[] bytes = File.ReadAllBytes(path);
        Assert.Equal(1024 + 6, bytes.Length);
        Assert.Equal([20240520, 1, 3, 0], new[] { 0, 4, 8, 12 }.Select(at => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at))));
        Assert.Equal([1, 0, 2, 1, 255, 255], bytes[1024..]);
    }

    [Fact]
    public void Any_stretch_is_read()
    {
        int[] tokens = [.. Enumerable.Range(0, 70_000).Select(i => i * 7919 % 65_536)];
        using TokenShard shard = TokenShard.Open(Write(tokens));
        Dice dice = new(3);
        for (int round = 0; round < 300; round++)
        {
            int start = dice.Below(tokens.Length), count = dice.Below(Math.Min(600, tokens.Length - start + 1));
            int[] read = new int[count];
            shard.Read(start, read);
            Assert.Equal(tokens[start..(start + count)], read);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(tokens.Length - 1, new int[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => shard.Read(-1, new int[2]));
    }

    [Fact]
    public void A_changed_token_in_a_small_file_changes_the_sample()
    {
        string first = Sample([1, 2, 3]);
        Assert.Equal(first, Sample([1, 2, 3]));
        Assert.NotEqual(first, Sample([1, 2, 4]));
    }

    [Theory]
    [InlineData(3_000)]
    [InlineData(100_000, Explicit = true)]
    public void Damaged_and_truncated_shards_are_clear_errors_or_shards(int count)
    {
        byte[] whole = File.ReadAllBytes(Write([.. Enumerable.Range(0, 50)]));
        string path = Path.Combine(_folder.FullName, "damaged.bin");
        int sound = 0;
        for (int seed = 0; seed < count; seed++)
        {
            Dice dice = new((ulong)seed);
            byte[] bytes = whole[..(seed % 3 == 0 ? dice.Below(whole.Length + 1) : whole.Length)];
            for (int change = dice.Below(3); change > 0 && bytes.Length > 0; change--)
            {
                bytes[dice.Below(dice.Below(2) == 0 ? Math.Min(16, bytes.Length) : bytes.Length)] = (byte)dice.Below(256);
            }

            File.WriteAllBytes(path, bytes);
            try
            {
                using TokenShard shard = TokenShard.Open(path);
                Assert.Equal(1024 + (2 * shard.Length), bytes.Length);
                shard.Read(0, new int[shard.Length]);
                sound++;
            }
            catch (InvalidFileException error)
            {
                Assert.StartsWith($"[shard] {path}: ", error.Message, StringComparison.Ordinal);
            }
        }

        Assert.InRange(sound, count / 10, count * 9 / 10);
    }

    [Fact]
    public void A_shard_that_is_cut_while_it_is_open_is_an_error()
    {
        string path = Write([.. Enumerable.Range(0, 5_000)]);
        using TokenShard shard = TokenShard.Open(path);
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.SetLength(2_000);
        }

        Assert.Contains("must stay as it was", Assert.Throws<InvalidFileException>(() => shard.Read(0, new int[5_000])).Message, StringComparison.Ordinal);
    }

    private string Write(int[] tokens)
    {
        string path = Path.Combine(_folder.FullName, "tokens.bin");
        TokenShardWriter.Write(path, tokens);
        return path;
    }

    private string Sample(int[] tokens)
    {
        using TokenShard shard = TokenShard.Open(Write(tokens));
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        shard.AddSample(hash);
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
