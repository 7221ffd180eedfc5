namespace MuonSharp.Formats.Tests.Safetensors;

/// <summary>Damaged files, by the thousand: each is either a valid file or refused in one line, at small cost.</summary>
public sealed class SafetensorsMutationTests
{
    // The file has 500 bytes; the reader's tables, the exception and its trace come on top.
    private const long AllocationLimit = 64 * 1024;

    private static readonly byte[] s_small = HandMade.Small();
    private static readonly byte[][] s_words =
    [
        .. new[] { "{", "}", "[", "]", "\"", ",", ":", "-", "0", "9", "1e9", "\\ud800", "null", "\"F64\"", "\"dtype\"", "\"shape\":", "__metadata__", "18446744073709551616", "9223372036854775807", "[[[[[[[[" }
            .Select(System.Text.Encoding.UTF8.GetBytes),
        [0xff], [0], [0xed, 0xa0, 0x80], new byte[64],
    ];

    [Theory]
    [InlineData(10_000)]
    [InlineData(100_000, Explicit = true)]
    public void Every_mutation_of_a_small_file_is_valid_or_refused_in_one_line(int mutations)
    {
        int refused = 0;
        for (ulong seed = 0; seed < (ulong)mutations; seed++) refused += Try(Mutate(new Dice(seed)), seed) ? 0 : 1;

        // Both outcomes must occur, or nothing is being tested: damage to the numbers themselves is still a valid file.
        Assert.InRange(refused, mutations / 2, mutations - (mutations / 100));
    }

    [Fact]
    public void Every_truncation_of_a_small_file_is_refused_in_one_line()
    {
        Assert.True(Try(s_small, 0));
        for (int length = 0; length < s_small.Length; length++) Assert.False(Try(s_small[..length], (ulong)length));
    }

    [Fact]
    public void Every_single_flipped_bit_of_a_small_file_is_valid_or_refused_in_one_line()
    {
        for (int bit = 0; bit < 8 * s_small.Length; bit++)
        {
            byte[] bytes = [.. s_small];
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            _ = Try(bytes, (ulong)bit);
        }
    }

    private static byte[] Mutate(Dice dice)
    {
        List<byte> bytes = [.. s_small];
        int header = s_small.Length - 40; // Most damage belongs where the rules are.
        for (int change = 1 + dice.Below(3); change > 0; change--)
        {
            int place = dice.Below(dice.Below(4) == 0 ? bytes.Count : Math.Min(header, bytes.Count));
            switch (dice.Below(7))
            {
                case 0:
                    bytes[place] ^= (byte)(1 << dice.Below(8));
                    break;
                case 1:
                    bytes[place] = (byte)dice.Below(256);
                    break;
                case 2:
                    bytes.InsertRange(place, s_words[dice.Below(s_words.Length)]);
                    break;
                case 3:
                    bytes.RemoveRange(place, Math.Min(bytes.Count - place, 1 + dice.Below(16)));
                    break;
                case 4: // A digit for a digit: the header stays JSON, its numbers lie.
                    int digit = bytes.FindIndex(place, value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0) bytes[digit] = (byte)('0' + dice.Below(10));
                    break;
                case 5:
                    bytes.InsertRange(place, bytes.GetRange(dice.Below(bytes.Count / 2), dice.Below(bytes.Count / 2)));
                    break;
                default: // The header's stated length.
                    bytes[dice.Below(8)] = (byte)dice.Below(256);
                    break;
            }

            if (bytes.Count < 16) break;
        }

        return [.. bytes];
    }

    private static bool Try(byte[] bytes, ulong seed)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool valid;
        string message = "";
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(bytes, "mutated.safetensors");
            HandMade.ReadAll(file);
            valid = true;
        }
        catch (InvalidFileException exception)
        {
            valid = false;
            message = exception.Message;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < AllocationLimit, $"{seed}: {allocated} bytes allocated for a file of {bytes.Length}");
        Assert.True(valid || message.StartsWith("[safetensors] mutated.safetensors: ", StringComparison.Ordinal), $"{seed}: {message}");
        Assert.True(message.Length < 1100 && !message.Any(char.IsControl), $"{seed}: {message}");
        return valid;
    }
}
