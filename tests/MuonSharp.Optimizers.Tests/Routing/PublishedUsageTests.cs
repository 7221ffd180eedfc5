namespace MuonSharp.Optimizers.Tests;

/// <summary>The lines that READMEs of Muon print, in C#: they compile without casts and do what they say.</summary>
public class PublishedUsageTests
{
    [Fact]
    public void Two_optimizers_in_a_loop()
    {
        using TestModel model = TestModel.Language();
        using TestModel same = TestModel.Language();
        IEnumerable<Parameter> bodyMatrices = model.Parameters.Where(parameter => parameter.Role == ParameterRole.Matrix);
        IEnumerable<Parameter> rest = model.Parameters.Where(parameter => parameter.Role != ParameterRole.Matrix);
        model.FillGradients(1);
        same.FillGradients(1);

        IOptimizer[] optimizers = [new Muon(bodyMatrices, learningRate: 0.02f, momentum: 0.95f), new AdamW(rest, learningRate: 3e-4f, betas: (0.90f, 0.95f), weightDecay: 0.01f)];
        foreach (IOptimizer optimizer in optimizers) optimizer.Step();

        Array.ForEach(optimizers, optimizer => optimizer.Dispose());
        using var routed = new RoutedOptimizer(same.Parameters, Route.Muon(
            new MuonOptions { LearningRate = 0.02f, Momentum = 0.95f },
            new AdamWOptions { LearningRate = 3e-4f, Beta1 = 0.90f, Beta2 = 0.95f, WeightDecay = 0.01f }));
        routed.Step();
        Compare.SameBits(same.AllWeights(), model.AllWeights());
    }

    [Fact]
    public void One_routed_optimizer_prints_who_went_where()
    {
        using TestModel model = TestModel.Language(layers: 1);
        using var printed = new StringWriter();

        using var optimizer = new RoutedOptimizer(model.Parameters, print: printed);

        Assert.Equal(optimizer.Plan.ToString(), printed.ToString());
        Assert.Matches(@"h\.0\.attn\.weight +\[24, 72\] +3 +muon +matrices +hidden matrix", printed.ToString());
        Assert.Matches(@"wte +\[65, 24\] +- +adamw +auxiliary +token table", printed.ToString());
    }

    [Fact]
    public void Betas_are_the_two_decays()
    {
        using TestModel one = TestModel.Matrices((6, 4));
        using TestModel other = TestModel.Matrices((6, 4));
        using var pair = new AdamW(one.Parameters, 0.01, betas: (0.7, 0.8), epsilon: 1e-6);
        using var single = new AdamW(other.Parameters, 0.01, beta1: 0.7, beta2: 0.8, epsilon: 1e-6);
        for (int step = 1; step <= 3; step++)
        {
            one.FillGradients(step);
            other.FillGradients(step);
            pair.Step();
            single.Step();
        }

        Compare.SameBits(other.AllWeights(), one.AllWeights());
    }
}
