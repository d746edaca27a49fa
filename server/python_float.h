/* python_float.h - doubles as Python prints them. */
#ifndef HPS_PYTHON_FLOAT_H
#define HPS_PYTHON_FLOAT_H

enum { HPS_PYTHON_FLOAT_BYTES = 32 };

/* The shortest digits that read back as the same double, always with a point
 * or an exponent: 40.0, 6.324000000000001, 1.176e-06. value is finite. */
void hps_python_float(double value, char text[HPS_PYTHON_FLOAT_BYTES]);

#endif
