using MuonSharp.Training;

namespace MuonSharp.Experiments.Tests.Comparisons;

public class LossCurveTests
{
    private static readonly CurvePoint[] s_curve = [new(10, 3), new(20, 2), new(30, 2.5), new(40, 1)];

    [Theory]
    [InlineData(3, 10)]
    [InlineData(4, 10)]
    [InlineData(2.25, 17.5)]
    [InlineData(2, 20)]
    [InlineData(1.75, 35)]
    [InlineData(1, 40)]
    public void A_crossing_is_the_first_one_on_straight_lines_between_points(double loss, double step) =>
        Assert.Equal(step, LossCurve.Crossing(s_curve, loss)!.Value, 12);

    [Fact]
    public void A_loss_below_the_curve_is_not_crossed() => Assert.Null(LossCurve.Crossing(s_curve, 0.99));

    [Fact]
    public void After_a_loss_that_is_not_finite_the_crossing_is_at_the_point_itself() =>
        Assert.Equal(20, LossCurve.Crossing([new(10, double.PositiveInfinity), new(20, 2)], 2.5));

    [Fact]
    public void A_run_without_evaluations_crosses_nothing() => Assert.Null(LossCurve.Crossing([], 3));
}
