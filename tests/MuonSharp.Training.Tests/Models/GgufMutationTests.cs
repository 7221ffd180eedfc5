using System.Diagnostics;
using MuonSharp.Formats;
using MuonSharp.Formats.Tests;
using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Training.Tests.Models;

/// <summary>Damaged GGUF files of models with tokenizers: each is a model, or refused in one line, and what its header says of sizes costs nothing.</summary>
public sealed class GgufMutationTests : IDisposable
{
    private static readonly LanguageModelConfig s_sizes = new()
    {
        Vocabulary = 1,
        Layers = 1,
        Heads = 2,
        KeyValueHeads = 1,
        Width = 8,
        HiddenWidth = 8,
        Context = 16,
        Family = ModelFamilies.Llama,
        Normalization = Normalization.RmsNorm,
        Gated = true,
        Activation = Activation.Silu,
        RotaryScaling = new YarnRotaryScaling { Factor = 2, OriginalContext = 8 },
    };

    private readonly TemporaryFolder _folder = new();
    private readonly WorkerTeam _team = new(1);

    public void Dispose()
    {
        _team.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1_500)]
    [InlineData(100_000, Explicit = true)]
    public void Every_damaged_file_is_a_model_or_refused_in_one_line(int count)
    {
        BytePairTrainer trainer = new();
        trainer.Add("the model reads the text and the text is read");
        BytePairTokenizer pairs = trainer.Train(262);
        byte[][] files = [Make("bytes", new ByteTokenizer()), Make("characters", CharacterTokenizer.FromText("abc\n—")), Make("pairs", pairs)];
        int loaded = 0;
        for (int seed = 0; seed < count; seed++)
        {
            Dice dice = new((ulong)seed);
            byte[] damaged = Damage(files[seed % files.Length], dice);
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            try
            {
                using GgufFile file = GgufFile.Open(damaged, "damaged.gguf");
                using LanguageModel model = GgufModel.Load(file, _team);
                ITokenizer tokenizer = GgufTokenizer.Read(file.Metadata);
                _ = EndTokens.Read(file.Metadata, model.Config.Vocabulary);
                _ = tokenizer.Decode(tokenizer.Encode("abc\nabc"));
                loaded++;
            }
            catch (Exception refused) when (refused is InvalidFileException or BadInputException)
            {
                Assert.True(refused.Message.StartsWith('[') && refused.Message.Length < 4000 && !refused.Message.Any(char.IsControl), $"{seed}: {refused.Message}");
            }
            catch (Exception other)
            {
                Assert.Fail($"{seed}: {other}");
            }

            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20, $"{seed}: {GC.GetAllocatedBytesForCurrentThread() - before} bytes allocated");
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10), $"{seed}: {Stopwatch.GetElapsedTime(start)}");
        }

        Assert.InRange(loaded, count / 20, count * 9 / 10);
    }

    private byte[] Make(string name, ITokenizer tokenizer)
    {
        string path = _folder.File(name + ".gguf");
        using LanguageModel model = new(s_sizes with { Vocabulary = tokenizer.VocabularySize }, 3, _team);
        ModelExport.ToGguf(model, tokenizer, path, GgufElement.F16);
        return File.ReadAllBytes(path);
    }

    /// <summary>Most damage belongs into the keys: the first bytes, and around the names of the architecture and the tokenizer.</summary>
    private static byte[] Damage(byte[] whole, Dice dice)
    {
        byte[] bytes = [.. whole];
        int tokens = whole.AsSpan().IndexOf("tokenizer.ggml.tokens"u8);
        for (int change = 1 + dice.Below(3); change > 0; change--)
        {
            int at = dice.Below(dice.Below(3) switch { 0 => bytes.Length, 1 => tokens, _ => Math.Min(bytes.Length, tokens + 200) });
            bytes[at] = dice.Below(4) switch { 0 => (byte)dice.Below(256), 1 => (byte)(bytes[at] ^ (1 << dice.Below(8))), 2 => 0xff, _ => (byte)(bytes[at] + 1) };
        }

        return dice.Below(6) == 0 ? bytes[..dice.Below(bytes.Length)] : bytes;
    }
}
