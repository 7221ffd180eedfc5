using System.Text;
using MuonSharp.Formats;
using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Training.Tests.Json;

/// <summary>Every kind of JSON that the product reads, damaged thousands of times: a clear line, or a valid result.</summary>
public sealed class ProductMutationTests
{
    [Theory]
    [MemberData(nameof(ProductMutation.Counts), MemberType = typeof(ProductMutation))]
    public void Configurations(int mutations)
    {
        using TemporaryFolder folder = new();
        string path = folder.File("config.json");
        TrainingConfig whole = TrainingConfig.FromPreset("nanogpt-cpu");
        ProductMutation.Each(mutations, whole.ToJson().ToJsonString(), path, bytes =>
        {
            File.WriteAllBytes(path, bytes);
            return new TrainingConfigBuilder().AddFile(path).Build();
        });
    }

    [Theory]
    [MemberData(nameof(ProductMutation.Counts), MemberType = typeof(ProductMutation))]
    public void States_of_checkpoints(int mutations)
    {
        ParameterStoreBuilder builder = new();
        builder.Add("w", [2, 2], ParameterRole.Matrix);
        using ParameterStore store = builder.Build(gradients: true);
        using WorkerTeam team = new(1);
        using RoutedOptimizer optimizer = new(store, team: team);
        RunState state = new() { Step = 4, Due = DueWork.Sample };
        state.AddLoss(3);
        state.AddEvaluation(new EvaluationResult(2.5, 100, 110).ToEvaluation());
        CheckpointContents contents = new()
        {
            Model = [],
            Optimizer = [],
            State = state.ToJson(("tokens", 768), "ff00", "00ff", optimizer),
            RunFiles = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { ["tokenizer.json"] = "{}"u8.ToArray() },
        };
        string text = Encoding.UTF8.GetString(CheckpointState.ToBytes(4, new(512, "ab"), new(1024, "cd"), contents));
        ProductMutation.Each(mutations, text, "state.json", bytes =>
        {
            CheckpointState read = CheckpointState.Parse(bytes, "state.json");
            _ = RunState.ConfigSha256(read.State) + RunState.DataSha256(read.State);
            return RunState.Read(read.State, read.Step, optimizer);
        });
    }

    [Theory]
    [MemberData(nameof(ProductMutation.Counts), MemberType = typeof(ProductMutation))]
    public void Tokenizers(int mutations) => ProductMutation.Each(
        mutations,
        Encoding.UTF8.GetString(TokenizerFile.ToBytes(CharacterTokenizer.FromText("It is a truth\nuniversally acknowledged, \u00e9\ud83d\ude00"))),
        "tokenizer.json",
        bytes =>
        {
            ITokenizer tokenizer = TokenizerFile.Parse(bytes, "tokenizer.json");
            int[] all = [.. Enumerable.Range(0, tokenizer.VocabularySize)];
            Assert.Equal(Encoding.UTF8.GetByteCount(tokenizer.Decode(all)) > 0, tokenizer.CountBytes(all) > 0);
            return tokenizer;
        });
}
