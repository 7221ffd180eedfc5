using MuonSharp.Numerics;
using MuonSharp.Numerics.Tests;

namespace MuonSharp.Optimizers.Tests;

[SettledMemory]
[CollectionDefinition(nameof(GradientTreeTests), DisableParallelization = true)]
[Collection(nameof(GradientTreeTests))]
public class GradientTreeTests
{
    public static TheoryData<int> Leaves => [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, 17, 31, 33];

    [Theory]
    [MemberData(nameof(Leaves))]
    public void The_sum_is_that_of_the_fixed_tree_for_any_team(int leaves)
    {
        using TestModel model = TestModel.Language(width: 40);
        float[][] gradients = [.. Enumerable.Range(0, leaves).Select(leaf => Leaf(model, leaf))];
        float[] expected = Tree(gradients, 0, leaves);
        foreach (int threads in new[] { 0, 1, 2, 3 })
        {
            using WorkerTeam? team = threads == 0 ? null : new WorkerTeam(threads);
            using var tree = new GradientTree(model.Store, leaves, team);
            for (int step = 0; step < 2; step++)
            {
                Compare.SameBits(expected, Sum(model, tree, gradients));
            }
        }

        for (int i = 0; i < expected.Length; i++)
        {
            double sum = gradients.Sum(leaf => (double)leaf[i]), magnitude = gradients.Sum(leaf => Math.Abs((double)leaf[i]));
            Assert.Equal(sum, expected[i], magnitude * Math.Ceiling(Math.Log2(Math.Max(2, leaves))) * 6.0e-8);
        }
    }

    [Fact]
    public void One_leaf_has_no_memory_and_changes_nothing()
    {
        using TestModel model = TestModel.Language();
        float[] leaf = Leaf(model, 3);
        (int Count, long Bytes) before = (NativeBuffer.LiveCount, NativeBuffer.LiveBytes);
        using var tree = new GradientTree(model.Store, 1);
        Assert.Equal(before, (NativeBuffer.LiveCount, NativeBuffer.LiveBytes));
        model["wte"].HasGradient = false;
        tree.Add(0);
        Compare.SameBits(leaf, Gradients(model));
        Assert.True(!model["wte"].HasGradient && model["head"].HasGradient);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 3)]
    [InlineData(8, 3)]
    [InlineData(33, 6)]
    public void A_tree_has_a_buffer_a_level_and_frees_them(int leaves, int buffers)
    {
        using TestModel model = TestModel.Language();
        int before = NativeBuffer.LiveCount;
        var tree = new GradientTree(model.Store, leaves);
        Assert.Equal(before + buffers, NativeBuffer.LiveCount);
        tree.Dispose();
        Assert.Equal(before, NativeBuffer.LiveCount);
    }

    [Fact]
    public void Adding_allocates_nothing()
    {
        using TestModel model = TestModel.Language();
        using var team = new WorkerTeam(1);
        using var tree = new GradientTree(model.Store, 5, team);
        Assert.Equal(0, ManagedBytes.LeastOf(() =>
        {
            for (int leaf = 0; leaf < 5; leaf++)
            {
                tree.Add(leaf);
            }
        }));
    }

    [Fact]
    public void A_matrix_has_a_gradient_if_it_had_one_in_any_leaf()
    {
        using var model = new TestModel(("experts", [3, 4, 5], ParameterRole.Matrix, MatrixLayout.OutIn.PerExpert()), ("gain", [7], ParameterRole.Gain, null));
        using var tree = new GradientTree(model.Store, 3);
        for (int leaf = 0; leaf < 3; leaf++)
        {
            model.Store.ZeroGradients();
            model["gain"].HasGradient = leaf == 1;
            model["experts"].SetGradientOf(0, leaf == 0);
            model["experts"].SetGradientOf(2, false);
            tree.Add(leaf);
        }

        Assert.True(model["gain"].HasGradient);
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(model["experts"].HasGradientOf));
        for (int leaf = 0; leaf < 3; leaf++)
        {
            model["gain"].HasGradient = false;
            tree.Add(leaf);
        }

        Assert.False(model["gain"].HasGradient);
    }

    [Fact]
    public void Leaves_come_in_order()
    {
        using TestModel model = TestModel.Language();
        using var tree = new GradientTree(model.Store, 3);
        tree.Add(0);
        Assert.Equal("[gradient tree] leaves come in order; 1 is the next one of 3, 2 came", Assert.Throws<ArgumentException>(() => tree.Add(2)).Message);
        float[][] gradients = [Leaf(model, 0), Leaf(model, 1), Leaf(model, 2)];
        tree.Reset();
        Compare.SameBits(Tree(gradients, 0, 3), Sum(model, tree, gradients));
        Assert.Throws<ArgumentException>(() => new GradientTree(model.Store, 0));
    }

    private static float[] Sum(TestModel model, GradientTree tree, float[][] gradients)
    {
        for (int leaf = 0; leaf < gradients.Length; leaf++)
        {
            Leaf(model, leaf);
            tree.Add(leaf);
        }

        return Gradients(model);
    }

    private static float[] Leaf(TestModel model, int leaf)
    {
        model.FillGradients(leaf + 1, leaf % 3 == 0 ? 100 : 0.01f);
        return Gradients(model);
    }

    private static float[] Gradients(TestModel model) => [.. model.Parameters.SelectMany(parameter => parameter.Gradient.Span.ToArray())];

    /// <summary>The tree as its definition says: the greatest power of two on the left.</summary>
    private static float[] Tree(float[][] leaves, int start, int count)
    {
        if (count == 1)
        {
            return leaves[start];
        }

        int left = 1;
        while (2 * left < count)
        {
            left *= 2;
        }

        float[] one = Tree(leaves, start, left), other = Tree(leaves, start + left, count - left);
        return [.. one.Zip(other, static (a, b) => a + b)];
    }
}
