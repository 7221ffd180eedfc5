namespace MuonSharp.Optimizers.Tests;

/// <summary>What the recorded traces of a reference do not show.</summary>
public class MuonPresetTests
{
    [Fact]
    public void Airbench94_brings_weights_to_the_norm_of_the_root_of_their_outputs_and_leaves_zeros_alone()
    {
        using TestModel model = TestModel.Matrices((8, 6), (5, 4));
        using var muon = new Muon(model.Parameters, MuonPresets.Airbench94);
        float[] start = model.Weights("matrix0");
        double norm = Math.Sqrt(start.Sum(w => (double)w * w));
        model["matrix1"].Weights.Span.Clear();
        model.Store.ZeroGradients();
        muon.Step();
        Assert.All(start.Zip(model.Weights("matrix0")), pair => Assert.Equal(pair.First * Math.Sqrt(8) / norm, pair.Second, 1e-6));
        Assert.All(model.Weights("matrix1"), weight => Assert.Equal(0, weight));
    }

    [Fact]
    public void NorMuon_keeps_the_norm_of_the_orthogonal_matrix_and_evens_out_its_rows()
    {
        using TestModel plain = TestModel.Matrices((32, 8));
        using TestModel even = TestModel.Matrices((32, 8));
        using var one = new Muon(plain.Parameters, MuonPresets.KellerJordan);
        using var other = new Muon(even.Parameters, MuonPresets.NorMuon);
        float[] start = plain.AllWeights();
        plain.FillGradients(1);
        even.FillGradients(1);
        one.Step();
        StepReport report = other.Step();
        double[] rows = [.. Enumerable.Range(0, 32).Select(row => Enumerable.Range(row * 8, 8).Sum(i => Math.Pow(even.AllWeights()[i] - start[i], 2)))];
        Assert.Equal(rows.Min(), rows.Max(), rows.Max() * 1e-4);
        Assert.Equal(plain.AllWeights().Zip(start, (w, s) => Math.Pow(w - s, 2)).Sum(), rows.Sum(), rows.Sum() * 1e-5);
        Assert.Equal(Math.Sqrt(rows.Sum() / 256), report.UpdateRms, report.UpdateRms * 1e-4);
    }

    [Fact]
    public void NorMuon_keeps_one_value_an_output_also_where_outputs_are_columns()
    {
        MatrixLayout fused = MatrixLayout.InOut.Split(new("query", 4), new("value", 6));
        using var model = new TestModel(("a", [7, 3], ParameterRole.Matrix, null), ("b", [5, 10], ParameterRole.Matrix, fused));
        using var muon = new Muon(model.Parameters, MuonPresets.NorMuon);
        Assert.Equal(
            [("muon.momentum/a", "[7, 3]"), ("muon.momentum/b", "[5, 10]"), ("muon.row_mean_squares/a", "[7]"), ("muon.row_mean_squares/b", "[10]")],
            muon.StateTensors.Select(tensor => (tensor.Name, Parameter.ShapeText(tensor.Shape))));
        using var plain = new Muon(model.Parameters, MuonPresets.KellerJordan);
        Assert.Equal(2, plain.StateTensors.Count);
    }

    [Theory]
    [InlineData("original", 8, 4, 1.4142135623730951)]
    [InlineData("original", 4, 8, 1)]
    [InlineData("match-rms-adamw", 25, 4, 1)]
    [InlineData("match-rms-adamw", 4, 100, 2)]
    [InlineData("spectral-unclamped", 4, 16, 0.5)]
    [InlineData("none", 4, 16, 1)]
    public void Factors_by_shape(string name, int fanOut, int fanIn, double expected) =>
        Assert.Equal(expected, UpdateScale.ByName[name].Factor(fanOut, fanIn), 1e-12);

    [Fact]
    public void Every_preset_is_valid_and_names_its_auxiliary()
    {
        Assert.All(MuonPresets.ByName, preset => Assert.Empty(preset.Value.Problems()));
        Assert.All(AdamWPresets.ByName, preset => Assert.Empty(preset.Value.Problems()));
        Assert.Same(AdamWPresets.Moonlight, OptimizerDescriptors.Muon.Preset("kimi-k2")!.Auxiliary);
        Assert.Same(AdamWPresets.KellerJordan, OptimizerDescriptors.Muon.Preset("normuon")!.Auxiliary);
        string problem = Assert.Single((MuonPresets.NorMuon with { RowNormalization = new() { Beta2 = 1 } }).Problems());
        Assert.Equal("the row normalization's beta2 must be in [0, 1), not 1", problem);
    }
}
