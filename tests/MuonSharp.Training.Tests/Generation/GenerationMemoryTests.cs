using MuonSharp.Nn;
using MuonSharp.Numerics;
using MuonSharp.Numerics.Tests;
using MuonSharp.Training.Tests.Trainers;

namespace MuonSharp.Training.Tests.Generation;

[Collection(nameof(WholeProcess))]
public class GenerationMemoryTests
{
    [Theory]
    [InlineData(0, 1.0, 1.0)]
    [InlineData(5, 0.9, 1.1)]
    public void A_token_allocates_nothing(int topK, double topP, double penalty)
    {
        using WorkerTeam team = new(1);
        using LanguageModel model = new(new() { Vocabulary = 256, Layers = 1, Heads = 2, Width = 16, Context = 48 }, 3, team, gradients: false);
        using SessionStock sessions = new(model);
        GenerationOptions options = new() { Tokens = 340, TopK = topK, TopP = topP, RepetitionPenalty = penalty };
        using IEnumerator<(int Sequence, int Token)> tokens = new TokenStream(model, 256, end: null, sessions).Continue([[1, 2, 3], [4]], options, occasion: 0).GetEnumerator();
        Assert.Equal(0, ManagedBytes.LeastOf(() =>
        {
            for (int i = 0; i < 100; i++) Assert.True(tokens.MoveNext());
        }));
    }

    [Fact]
    public async Task Memory_does_not_grow_from_one_generation_to_the_next()
    {
        using TemporaryFolder folder = new();
        using TextGenerator generator = await TextGeneratorTests.Generator(folder, "character");
        string[][] prompts = [["It is"], ["It is a truth universally"], ["She", "He", "They"], [TestRun.Text[..400]], ["It"]];
        int[] tokens = [10, 3, 70, 5, 0];
        Generate();
        (int count, long bytes) = (NativeBuffer.LiveCount, NativeBuffer.LiveBytes);
        for (int i = 0; i < 40; i++) Generate();
        Assert.Equal((count, bytes), (NativeBuffer.LiveCount, NativeBuffer.LiveBytes));

        void Generate()
        {
            for (int i = 0; i < prompts.Length; i++) Assert.NotEmpty(generator.Generate(prompts[i], new() { Tokens = tokens[i] }));
        }
    }
}
