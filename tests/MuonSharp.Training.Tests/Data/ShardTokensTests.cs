using MuonSharp.Formats;

namespace MuonSharp.Training.Tests.Data;

/// <summary>Several shards are one row of tokens.</summary>
public sealed class ShardTokensTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Any_stretch_is_that_of_the_shards_put_together()
    {
        int[] all = [.. Enumerable.Range(0, 60).Select(i => i * 7 % 100)];
        int[] lengths = [1, 20, 2, 37];
        List<string> paths = [];
        for (int shard = 0, start = 0; shard < lengths.Length; start += lengths[shard++]) paths.Add(Write($"{shard}.bin", all.AsSpan(start, lengths[shard])));
        using ShardTokens tokens = ShardTokens.Open(paths, vocabulary: 100);
        Assert.Equal(all.Length, tokens.Length);
        for (int start = 0; start <= all.Length; start++)
        {
            for (int count = 0; count <= all.Length - start; count++)
            {
                int[] read = new int[count];
                tokens.Read(start, read);
                Assert.Equal(all[start..(start + count)], read);
            }
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => tokens.Read(all.Length - 1, new int[2]));
    }

    [Fact]
    public void A_token_that_the_tokenizer_lacks_is_named_with_its_file()
    {
        string first = Write("a.bin", [1, 2]), second = Write("b.bin", [3, 300]);
        using ShardTokens tokens = ShardTokens.Open([first, second], vocabulary: 256);
        tokens.Read(0, new int[3]);
        InvalidFileException refused = Assert.Throws<InvalidFileException>(() => tokens.Read(0, new int[4]));
        Assert.Contains("b.bin", refused.Message, StringComparison.Ordinal);
        Assert.Contains("tokens must be below 256, the tokenizer's number; 300 came", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_they_are_is_known_by_their_content_and_order()
    {
        string first = Write("a.bin", [1, 2]), second = Write("b.bin", [3, 4]), other = Write("c.bin", [3, 5]);
        string[] identities = [.. new[] { new[] { first, second }, [first, second], [second, first], [first, other], [first] }.Select(paths =>
        {
            using ShardTokens tokens = ShardTokens.Open(paths, vocabulary: 256);
            return tokens.Identity;
        })];
        Assert.Equal(identities[0], identities[1]);
        Assert.Equal(4, identities.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Of_shards_that_cannot_all_be_opened_none_stays_open()
    {
        string first = Write("a.bin", [1, 2]), broken = Path.Combine(_folder.Path, "broken.bin");
        File.WriteAllText(broken, "no shard");
        Assert.Throws<InvalidFileException>(() => ShardTokens.Open([first, broken], vocabulary: 256));
        using FileStream alone = new(first, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    private string Write(string name, ReadOnlySpan<int> tokens)
    {
        string path = Path.Combine(_folder.Path, name);
        TokenShardWriter.Write(path, tokens);
        return path;
    }
}
