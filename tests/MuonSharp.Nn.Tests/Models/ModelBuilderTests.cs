using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Scopes, names, order, and what a built model owns. Runs alone: it counts native memory.</summary>
[Collection(nameof(WholeProcess))]
public class ModelBuilderTests
{
    [Fact]
    public void Names_are_those_of_the_scopes_in_the_order_of_declaration()
    {
        ModelBuilder builder = new(1);
        ModelBuilder encoder = builder.Scope("encoder");
        _ = new Linear(encoder, "layers.0", 3, 4);
        _ = new Linear(builder, "head", 4, 2, bias: false, role: ParameterRole.Head);
        _ = new RmsNorm(encoder.Scope("layers.1"), "norm", 4);
        ModelBuffer buffer = encoder.Buffer("running_var", [3], initial: 1, saved: false);
        builder.Scope("").Parameter("scale", [1], ParameterRole.Gain, Initializers.Ones);
        using WorkerTeam team = new(1);
        using Model model = builder.Build(team);

        Assert.Equal(
            ["encoder.layers.0.weight [4, 3] Matrix", "encoder.layers.0.bias [4] Bias", "head.weight [2, 4] Head", "encoder.layers.1.norm.weight [4] Gain", "scale [1] Gain"],
            model.Parameters.Parameters.Select(parameter => $"{parameter} {parameter.Role}"));
        Assert.Same(buffer, Assert.Single(model.Parameters.Buffers));
        Assert.Equal(("encoder.running_var [3]", false), ($"{buffer}", buffer.IsSaved));
        Assert.Equal([1, 1, 1], buffer.Values.Span.ToArray());
        Assert.Equal(("encoder", 1UL), (encoder.Path, encoder.Seed));
    }

    [Fact]
    public void A_name_twice_an_empty_model_and_a_second_build_are_refused()
    {
        ModelBuilder builder = new(1);
        Assert.Throws<InvalidOperationException>(() => builder.Build());
        _ = new Linear(builder, "a", 3, 4);
        Assert.Contains("'a.weight'", Assert.Throws<ArgumentException>(() => new Linear(builder, "a", 3, 4)).Message, StringComparison.Ordinal);
        Assert.Contains("'b'", Assert.Throws<ArgumentException>(() => new Linear(builder, "b", 0, 4)).Message, StringComparison.Ordinal);
        using WorkerTeam team = new(1);
        using Model model = builder.Build(team);
        Assert.Throws<InvalidOperationException>(() => builder.Build(team));
        Assert.Throws<InvalidOperationException>(() => new Linear(builder, "c", 3, 4));
    }

    [Fact]
    public void A_model_frees_its_parameters_and_its_own_team_but_not_a_team_that_was_given()
    {
        int before = NativeBuffer.LiveCount;
        using (WorkerTeam team = new(1))
        {
            ModelBuilder builder = new(1);
            _ = new Linear(builder, "a", 3, 4);
            Model model = builder.Build(team, gradients: false);
            Assert.Same(team, model.Team);
            Assert.False(model.Parameters.HasGradients);
            Assert.Throws<InvalidOperationException>(() => model.NewTape(training: true));
            model.NewTape(training: false).Dispose();
            model.Dispose();
            Assert.Throws<ObjectDisposedException>(() => model.NewTape(training: false));
            Assert.Equal(before, NativeBuffer.LiveCount);
            float[] c = new float[1];
            MatrixProduct.Multiply(team, [2], transposeA: false, [3], transposeB: false, c, 1, 1, 1);
            Assert.Equal(6, c[0]);
        }

        ModelBuilder other = new(1);
        _ = new Linear(other, "a", 3, 4);
        Model own = other.Build();
        WorkerTeam its = own.Team;
        own.Dispose();
        float[] matrix = new float[300 * 300];
        Assert.Throws<ObjectDisposedException>(() => MatrixProduct.Multiply(its, matrix, transposeA: false, matrix, transposeB: false, new float[300 * 300], 300, 300, 300));

        // A job that is refused rents nothing either.
        Assert.Equal(before, NativeBuffer.LiveCount);
    }

    [Fact]
    public void An_initializer_that_throws_leaves_no_memory_behind()
    {
        int before = NativeBuffer.LiveCount;
        ModelBuilder builder = new(1);
        builder.Parameter("vector", [8], ParameterRole.Bias, Initializers.XavierUniform());
        Assert.Throws<ArgumentException>(() => builder.Build());
        Assert.Equal(before, NativeBuffer.LiveCount);
    }
}
