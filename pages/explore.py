import streamlit as st
st.write("hello", dict(st.query_params))
